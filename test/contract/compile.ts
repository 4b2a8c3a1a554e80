/** Small C programs of tests that need one in particular. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '../../src/util/native.ts';

/** Compiles `test/contract/NAME.c`. */
export function compileHere(name: string, output: string, ...flags: readonly string[]): void {
  const source = path.join(packageRoot(), 'test', 'contract', `${name}.c`);
  execFileSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', ...flags, '-o', output, source]);
}
