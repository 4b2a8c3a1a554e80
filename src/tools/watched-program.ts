/** The program that tools watch: compiled once, copied to where its library may be replaced, and started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { buildCached } from '../synthetic/build-cached.ts';
import type { Recipe } from '../synthetic/recipe.ts';
import { anyGlibc, nativeSource } from '../synthetic/recipe.ts';
import { LinkonceError } from '../util/errors.ts';

/** Its functions, and its files’ names: what tools shall say. */
export const watched = {
  program: 'watched',
  library: 'libwatched.so',
  inProgram: 'watched_in_program',
  inLibrary: 'watched_in_library',
} as const;

const flags = ['-O1', '-g', '-fPIC', '-Wall', '-Wextra', '-Werror', '-fno-optimize-sibling-calls'];

/** With what a package brings compiled. */
export function watchedRecipe(): Recipe {
  const sources = ['watched.h', 'main.c', 'library.c'];
  return {
    sources: new Map([
      [anyGlibc.header, nativeSource(anyGlibc.header)],
      ...sources.map((name) => [name, nativeSource('watched', name)] as const),
    ]),
    compilations: [{ folder: 'o', flags, sources: ['main.c', 'library.c'] }],
    links: [
      {
        ...{ output: watched.library, inputs: ['o/library.o'], uses: [] },
        flags: ['-shared', `-Wl,-soname,${watched.library}`],
      },
      {
        ...{ output: watched.program, inputs: ['o/main.o'], uses: [watched.library] },
        flags: ['-pie', anyGlibc.flag, '-Wl,-rpath,$ORIGIN'],
      },
    ],
  };
}

/** Copies it to a folder, and answers its path. Throws LinkonceError where there is no working C compiler. */
export async function placeWatched(folder: string): Promise<string> {
  const built = await buildCached(watchedRecipe());
  for (const name of [watched.library, watched.program])
    copyFileSync(path.join(built, name), path.join(folder, name));
  return path.join(folder, watched.program);
}

/** As an upgrade does: a new file in the place of the library. */
export function replaceLibrary(program: string): void {
  const library = path.join(path.dirname(program), watched.library);
  copyFileSync(library, `${library}.new`);
  renameSync(`${library}.new`, library);
}

/** What is started. */
export interface Launched {
  /** A launcher, or the program itself. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Calls `watch` while a process computes. Throws LinkonceError where it does not run as it was bound. */
export async function whileItRuns<T>(
  { file, environment }: Launched,
  watch: (pid: number) => Promise<T>,
): Promise<T> {
  const child = spawn(file, { env: { ...process.env, ...environment, LINKONCE_DEBUG: '1' } });
  const ended = once(child, 'close');
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  try {
    await Promise.race([once(child.stdout, 'data'), ended]);
    if (complaint !== '' || child.pid === undefined)
      throw new LinkonceError(`${file}: ${complaint.trim().split('\n').at(-1) ?? 'it does not start'}`);
    return await watch(child.pid);
  } finally {
    child.stdin.end();
    await ended;
  }
}
