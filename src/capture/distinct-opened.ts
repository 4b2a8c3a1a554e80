import { fileIdentity, sameFile } from '../program/file-identity.ts';
import type { FileIdentity, Program } from '../program/program.ts';
import { statusOf } from '../util/status.ts';

/** Of these files those that are there, each once, whatever its names, and none that the program starts with. */
export function distinctOpened({ modules }: Pick<Program, 'modules'>, files: readonly string[]): string[] {
  const known: FileIdentity[] = modules.map(({ identity }) => identity);
  return files.filter((file) => {
    if (statusOf(file)?.isFile() !== true) return false;
    const identity = fileIdentity(file);
    if (known.some((each) => sameFile(each, identity))) return false;
    known.push(identity);
    return true;
  });
}
