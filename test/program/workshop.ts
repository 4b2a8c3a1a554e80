/** A temporary directory with small programs and libraries, compiled from a few lines of C in the test itself. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

export interface Workshop {
  readonly directory: string;
  /** Compiles a shared library to `file` below the directory and returns its path; folders are made. */
  library(file: string, source: string, ...flags: readonly string[]): string;
  /** The same for an executable. */
  program(file: string, source: string, ...flags: readonly string[]): string;
}

/** A workshop that is cleared away when the tests of the file are done. `compiler` may be `musl-gcc`. */
export function workshop(compiler = 'cc'): Workshop {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'linkonce-workshop-')));
  afterAll(() => rmSync(directory, { recursive: true }));
  const compile = (file: string, source: string, flags: readonly string[]): string => {
    const output = path.join(directory, file);
    mkdirSync(path.dirname(output), { recursive: true });
    execFileSync(compiler, ['-x', 'c', '-', '-x', 'none', '-o', output, '-w', '-O1', ...flags], {
      input: source,
      cwd: directory,
    });
    return output;
  };
  return {
    directory,
    library: (file, source, ...flags) => compile(file, source, ['-shared', '-fPIC', ...flags]),
    program: (file, source, ...flags) => compile(file, source, flags),
  };
}

/** The whole text of a C program that calls `name`. */
export function calling(...names: readonly string[]): string {
  const declared = names.map((name) => `int ${name}(void);`).join(' ');
  return `${declared} int main(void) { return ${names.map((name) => `${name}()`).join(' + ')}; }`;
}

/** A function of that name. */
export function returning(name: string, value = 0): string {
  return `int ${name}(void) { return ${value}; }`;
}
