/** Compiles a few lines of C into a program or library in a folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

export interface Source {
  /** Name of the output; `lib….so` is a shared library, with that as its soname. */
  readonly name: string;
  readonly source: string;
  readonly flags?: readonly string[];
  /** Paths of libraries that it is linked to. */
  readonly uses?: readonly string[];
}

/** Returns the output's path. Libraries are found beside what uses them. */
export function compile(folder: string, { name, source, flags = [], uses = [] }: Source): string {
  mkdirSync(folder, { recursive: true });
  const output = path.join(folder, name);
  const shared = name.endsWith('.so') ? ['-shared', '-fPIC', `-Wl,-soname,${name}`] : [];
  const common = [
    '-O1',
    '-g0',
    '-w',
    '-Wl,--no-as-needed',
    '-Wl,-rpath,$ORIGIN',
    '-x',
    'c',
    '-',
    '-x',
    'none',
  ];
  execFileSync('cc', [...shared, ...common, ...uses, ...flags, '-o', output], { input: source });
  return output;
}
