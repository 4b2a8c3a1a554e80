import { asEnvironment } from '../program/environment.ts';
import type { Program } from '../program/program.ts';

/** What a captured process finds in its environment. The linker's variables are the same in all captures. */
export function captureEnvironment({ variables }: Program): Readonly<Record<string, string>> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/', ...asEnvironment(variables) };
}
