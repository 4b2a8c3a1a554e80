/** What looks into a process, or starts one: gdb, core files, eu-stack, valgrind. */
import path from 'node:path';
import type { Trial } from './run-tool.ts';
import { runTool } from './run-tool.ts';
import { sightOf } from './profilers.ts';
import type { Subject } from './subject.ts';
import { watched } from './watched-program.ts';

const gdb = (...args: readonly string[]) => runTool('gdb', ['-q', '-nx', '-batch', ...args]);
const commands = (...lines: readonly string[]): string[] => lines.flatMap((line) => ['-ex', line]);

const hasLibrary = (text: string): boolean => text.includes(`/${watched.library}\n`);

/** Attached, it stops in the library; a launcher that it starts, in the program's main. */
export async function tryGdb({ program, launched }: Subject, pid: number): Promise<Trial> {
  const stop = commands(`tbreak ${watched.inLibrary}`, 'continue', 'bt', 'info sharedlibrary');
  const attached = await gdb(program, '-p', String(pid), ...stop);
  if (attached.failure) return attached.failure;
  const started = await gdb(launched.file, ...commands('break main', 'run', 'info sharedlibrary'));
  const isStopped = /^Breakpoint 1, main \(/m.test(started.text) && hasLibrary(started.text);
  if (!isStopped || !hasLibrary(attached.text)) return 'nothing';
  if (attached.text.includes('received signal SIGILL')) return 'trapped';
  const inLibrary = new RegExp(`^#0 .*\\b${watched.inLibrary} \\(`, 'm');
  return inLibrary.test(attached.text) && hasMain(attached.text) ? 'all' : 'nothing';
}

const hasMain = (text: string): boolean => /^#\d+ .* in main \(/m.test(text);

export async function tryCore({ program, folder }: Subject, pid: number): Promise<Trial> {
  const core = path.join(folder, 'core');
  const written = await gdb(program, '-p', String(pid), ...commands(`generate-core-file ${core}`));
  if (written.failure) return written.failure;
  const { text } = await gdb(program, core, ...commands('bt', 'info sharedlibrary'));
  return hasMain(text) && hasLibrary(text) ? 'all' : 'nothing';
}

/** Wherever the process stands: its main is below. */
export async function tryStack(_: Subject, pid: number): Promise<Trial> {
  const { text, failure } = await runTool('eu-stack', ['-m', '-p', String(pid)]);
  if (failure?.skipped.startsWith('there is no')) return failure;
  const sight = sightOf((program) => new RegExp(`^#\\d+ +\\S+ main - \\S*${program}$`, 'm').test(text));
  return sight === 'nothing' && /^#0 +\S+ \w+ - /m.test(text) ? 'innermost' : sight;
}

/** It says whose heap it has watched. */
export async function tryValgrind({ program, launched }: Subject): Promise<Trial> {
  const { text, failure } = await runTool('valgrind', [launched.file]);
  if (failure) return failure;
  if (!/total heap usage: [1-9]/.test(text)) return 'nothing';
  const isFollowed = launched.file !== program && text.includes(`Command: ${program}`);
  return launched.file === program || !isFollowed ? 'all' : 'handedOver';
}
