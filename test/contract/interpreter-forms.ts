/**
 * In interpreter mode the loader does the same with a plan as in a launcher; what differs is how it is found, and where the
 * program's own file and first argument come from. So each feature of a plan is seen once there, under one of these
 * variants; a release sees all of them: `LINKONCE_TEST=all npm test`.
 */
import { isForRelease } from '../extent.ts';

const chosen: readonly string[] = [
  // No program runs so, and that is to be said.
  'got-plt:lazy',
  'got-plt:now',
  'image:data',
  'image:single',
  'rebase-startup:slide',
  'rebase-page-in:group',
  'fixed:files',
  'dispatcher:trap',
  'offset-table:segment',
  'hash-address:literal',
  'import-page:start-up',
];

/** Whether a variant, as SYSTEM:VARIANT, is tested in interpreter mode. */
export function isTestedAsInterpreter(variant: string): boolean {
  return isForRelease || chosen.includes(variant);
}
