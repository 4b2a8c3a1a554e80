/**
 * Which pages every start writes to after the linker is done: a captured process is let run on through the constructors of
 * its modules, up to the program's entry. Only a hint for the loader, which asks for these pages at once; right or wrong,
 * the program does the same.
 */
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import { awaitStop, isLast, signalOf } from './await-stop.ts';
import type { CapturedRegion } from './capture.ts';
import { killDescendants } from './descendants.ts';
import { PageMap } from './page-map.ts';
import type { Tracee } from './ptrace.ts';
import { stopAt } from './stop-point.ts';

/** A constructor that takes longer waits for something; then nothing is recorded. */
const limitMs = 3000;

/**
 * `tracee` stands at the handoff point and has the regions' memory. Answers page addresses, ascending; none where the program
 * does not come to its entry. The tracee is of no use afterwards.
 */
export function recordStart(tracee: Tracee, regions: readonly CapturedRegion[], entry: Address): Address[] {
  const arrived = reach(tracee, entry);
  killDescendants(tracee.pid);
  if (!arrived) return [];
  const pages = new PageMap(tracee.pid);
  const written = regions
    .filter(({ kind }) => kind !== 'heap')
    .flatMap((region) => writtenSince(tracee, pages, region));
  pages.close();
  return written.sort((a, b) => a - b);
}

function reach(tracee: Tracee, entry: Address): boolean {
  const deadline = performance.now() + limitMs;
  const point = stopAt(tracee, entry);
  tracee.release();
  for (;;) {
    const stop = awaitStop(tracee, deadline);
    if (stop === undefined) return false;
    if (point.meet(stop).kind === 'point') return true;
    if (isLast(stop)) return false;
    tracee.release(signalOf(stop));
  }
}

/** Pages that were the file's (or zero) before, and pages of other content. */
function writtenSince(tracee: Tracee, pages: PageMap, region: CapturedRegion): Address[] {
  const before = new Map<Address, Buffer>();
  for (const { start, bytes } of region.written)
    for (let at = 0; at < bytes.length; at += pageSize)
      before.set(start + at, bytes.subarray(at, at + pageSize));
  return region.mappings
    .filter(({ protection }) => (protection & 2) !== 0)
    .flatMap(({ start, end }) => pages.read(start, end).notOfFile)
    .filter((page) => before.get(page)?.equals(tracee.read(page, pageSize)) !== true);
}
