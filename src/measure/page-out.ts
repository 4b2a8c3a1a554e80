/**
 * What the private pages of processes are in memory that the kernel compresses: all processes of a load come to the moment, their pages
 * are paged out, and read back. Each load has a swap of its own: what another left there would count.
 */
import type { CompressedMemory } from './measurement.ts';
import type { Load } from './memory.ts';
import { withProcesses } from './memory.ts';
import type { MomentSettings } from './moment.ts';
import { estimateMedian } from './statistics.ts';
import { ZramSwap } from './zram-swap.ts';
import { pageSize } from '../util/units.ts';

export interface PagedOut {
  readonly memory: CompressedMemory;
  /** As of `Weight`. */
  readonly executedAnother: boolean;
}

/** A page keeps its place in the swap until it is written, so each further round only reads. */
const readingRounds = 5;
const kb = 1024;

/** What a page fault of all costs beside it, the trap, is not measured: it is the same wherever a page comes from. */
export function pageOut(load: Load, settings: MomentSettings): Promise<PagedOut> {
  return ZramSwap.use((swap) =>
    withProcesses([load], settings, async (travellers) => ({
      memory: await pageOutAll(
        swap,
        travellers.map(({ tracee }) => tracee.pid),
      ),
      executedAnother: travellers.some(({ executedAnother }) => executedAnother),
    })),
  );
}

async function pageOutAll(swap: ZramSwap, pids: readonly number[]): Promise<CompressedMemory> {
  const sizes = await pushAll(swap, pids);
  const times: number[] = [];
  for (let round = 0; round < readingRounds; round++) times.push(...(await readBackAll(swap, pids)));
  return { ...sizes, readBackMs: estimateMedian(times.map((ns) => Math.max(0, ns) / 1e6)) };
}

/** Means of the processes: zram tells of all that it has, and it has nothing else. */
async function pushAll(
  swap: ZramSwap,
  pids: readonly number[],
): Promise<Omit<CompressedMemory, 'readBackMs'>> {
  let pages = 0;
  for (const pid of pids) pages += await swap.pageOut(pid);
  const { compressed, used } = await swap.state();
  const each = (bytes: number): number => bytes / kb / pids.length;
  return {
    pagedOutKb: each(pages * pageSize),
    compressedKb: each(compressed),
    withGapsKb: each(used),
  };
}

/** The first of them pages out nothing: all are out. */
async function readBackAll(swap: ZramSwap, pids: readonly number[]): Promise<number[]> {
  const times: number[] = [];
  for (const pid of pids) {
    await swap.pageOut(pid);
    times.push(await swap.readBack(pid));
  }
  return times;
}
