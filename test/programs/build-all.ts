/**
 * Before any test file: what the tests run is built, as by `npm test`, and the test programs are compiled, by one process. Two at
 * once would take libraries from each other.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '../../src/util/native.ts';
import { buildPrograms } from './build.ts';

export default function (): void {
  execFileSync(process.execPath, [path.join(packageRoot(), 'scripts', 'build.mjs')], { stdio: 'inherit' });
  buildPrograms();
}
