/** Runs the built command line, as `./linkonce` does once everything is built. */
import path from 'node:path';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram, type Outcome, type RunSettings } from '../run-program.ts';

export const main = path.join(packageRoot(), 'dist', 'src', 'cli', 'main.js');

export function linkonce(args: readonly string[], settings: RunSettings = {}): Promise<Outcome> {
  return runProgram(process.execPath, [main, ...args], { env: process.env, ...settings });
}
