/** A bound program in a folder of its own, where a test may damage whatever it likes. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { tryExeLink } from '../../src/doctor/probes.ts';
import type { Image } from '../../src/image/image.ts';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { packageRoot } from '../../src/util/native.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runProgram, type Outcome, type RunSettings } from '../run-program.ts';

export interface Workplace {
  readonly folder: string;
  readonly program: string;
  /** The library that the program needs. */
  readonly library: string;
  readonly launcher: string;
  /** Every file that the bind wrote but the launcher. */
  readonly files: readonly string[];
  /** Starts the launcher; it prints why it hands over. */
  start(settings?: RunSettings): Promise<Outcome>;
  /** Starts the program the ordinary way. */
  stock(settings?: RunSettings): Promise<Outcome>;
  remove(): void;
}

const sources = path.join(packageRoot(), 'test', 'programs');
const debugging = { ...environment, LINKONCE_DEBUG: '1' };

/** Binds a copy of a test program under a system and variant; `search-path` prints where its library is from. */
export async function createWorkplace({
  asInterpreter = false,
  name = 'search-path',
  form = 'image:single',
  isForAll = false,
} = {}): Promise<Workplace> {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-fault-'));
  if (isForAll) chmodSync(folder, 0o755);
  cpSync(path.dirname(testProgram(name).path), folder, { recursive: true });
  const program = path.join(folder, name);
  const image = await bindCopy(program, path.join(folder, 'launcher'), asInterpreter, form);
  return {
    folder,
    program,
    library: path.join(folder, 'second', 'liborder.so'),
    launcher: image.file,
    files: image.files.filter((file) => file !== image.file),
    start: (settings) => runProgram(image.file, [], { env: debugging, ...settings }),
    stock: (settings) => runProgram(program, [], { env: debugging, ...settings }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function bindCopy(program: string, output: string, asInterpreter: boolean, form: string): Promise<Image> {
  const [id = '', variant = ''] = form.split(':');
  const system = findSystem(id);
  if (system === undefined) throw new Error(`there is no system ${id}`);
  return bindProgram(program, { system, variant, output, asInterpreter }, () => undefined);
}

/** Compiles a library that says another thing; `who` of the same length makes a file of the same size. */
export function compileLibrary(output: string, who: string): void {
  const flags = [
    '-O1',
    '-g0',
    '-shared',
    '-fPIC',
    '-Wl,-soname,liborder.so',
    '-Wl,-rpath,$ORIGIN',
    `-DWHO="${who}"`,
  ];
  execFileSync('cc', [...flags, '-o', output, path.join(sources, 'search-path', 'liborder.c')]);
}

export const handedOver = /^linkonce: .*handed over.*\n/m;

/** The program ran through the platform's linker, gave this output, and the launcher said why: for this reason, where one is given. */
export function expectHandOver(outcome: Outcome, stdout: string, reason = ''): void {
  expect(outcome).toMatchObject({ stdout, status: 0, signal: null });
  expect(outcome.stderr).toMatch(handedOver);
  expect(outcome.stderr).toContain(reason);
}

/** The program ran from its image. */
export function expectImage(outcome: Outcome, stdout: string): void {
  expect(outcome).toEqual({ stdout, stderr: '', status: 0, signal: null });
}

const exeLinkFailure = tryExeLink();

/** Why this image hands over on this machine, which says nothing of the system; undefined where it must not. */
export function reasonToHandOver(
  { notes, places }: Image,
  { asInterpreter = false } = {},
): string | undefined {
  if (places && !existsSync('/dev/fuse')) return 'there is no /dev/fuse, so that nobody can serve its places';
  const readsLink = notes.some((note) => note.includes('/proc/self/exe'));
  if (exeLinkFailure === undefined || asInterpreter || !readsLink) return undefined;
  return `it reads /proc/self/exe, and this user may not set that link: ${exeLinkFailure}`;
}
