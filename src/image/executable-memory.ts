/** A file that is executed and leaves nothing behind: in memory, or where the kernel has none to execute, a temporary one. */
import { closeSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import koffi from 'koffi';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';

/** linux/memfd.h. Before Linux 6.3 the kernel does not know `executable`, and does not need it. */
const flags = { closeOnExec: 1, executable: 0x10 };

export type Executable = { close(): void } &
  /** Open in this process, closed when another program is executed. */
  ({ readonly descriptor: number } | { readonly file: string });

/** The caller closes it. */
export function openExecutable(bytes: Buffer): Executable {
  const descriptor = createInMemory();
  if (descriptor === undefined) return openTemporary(bytes);
  const close = (): void => {
    closeSync(descriptor);
  };
  try {
    writeSync(descriptor, bytes);
  } catch (error) {
    close();
    throw error;
  }
  return { descriptor, close };
}

const create = koffi.load(null).func('int memfd_create(const char *name, unsigned int flags)');

function createInMemory(): number | undefined {
  const open = (more: number): number => create('linkonce', flags.closeOnExec | more) as number;
  return [flags.executable, 0].map(open).find((descriptor) => descriptor >= 0);
}

function openTemporary(bytes: Buffer): Executable {
  const folder = makeTemporaryFolder('ask');
  const file = path.join(folder, 'launcher');
  const close = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    writeFileSync(file, bytes, { mode: 0o700 });
  } catch (error) {
    close();
    throw error;
  }
  return { file, close };
}
