/**
 * Which physical page frames a stopped process maps, from /proc/PID/pagemap. Left out are the kernel's pages of zeros and its
 * own mappings ([vdso], [vvar], [vsyscall]), which every process of the machine shares whatever it executes.
 * See Linux, Documentation/admin-guide/mm/pagemap.rst.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';

/** Page frame numbers. */
export type Frames = ReadonlySet<number>;

interface Range {
  readonly start: Address;
  end: Address;
}

const entrySize = 8;
/** Entries of one read: a reserved range may have millions. */
const atOnce = 1 << 17;
/** Bits of the upper half of an entry; the 23 lowest of it belong to the frame number. */
const upper = { exclusive: 1 << 24, ofFile: 1 << 29, present: 1 << 31, frame: (1 << 23) - 1 };
/** KPF_ZERO_PAGE of /proc/kpageflags. */
const zeroPage = 1n << 24n;

/**
 * The frames of each process; undefined where the kernel hides frame numbers, which it shows to CAP_SYS_ADMIN alone. The
 * processes must not run. Throws the system's error where one has no memory any more.
 */
export function readFrames(pids: readonly number[]): readonly Frames[] | undefined {
  const doubtful = new Set<number>();
  const frames: Set<number>[] = [];
  for (const pid of pids) {
    const found = framesOf(pid, doubtful);
    if (found === undefined) return undefined;
    frames.push(found);
  }
  const zeros = zeroPages(doubtful);
  for (const frame of zeros ?? []) for (const found of frames) found.delete(frame);
  return zeros && frames;
}

/** `doubtful` gets those that could be pages of zeros: of no file, and not of this process alone. */
function framesOf(pid: number, doubtful: Set<number>): Set<number> | undefined {
  const frames = new Set<number>();
  const entries = Buffer.alloc(atOnce * entrySize);
  const file = openSync(`/proc/${pid}/pagemap`, 'r');
  try {
    for (const { start, end } of residentRanges(readFileSync(`/proc/${pid}/smaps`, 'latin1')))
      for (let at = start; at < end; at += atOnce * pageSize) {
        const length = Math.min(atOnce, (end - at) / pageSize) * entrySize;
        const size = readSync(file, entries, 0, length, (at / pageSize) * entrySize);
        if (!collectFrames(entries.subarray(0, size), frames, doubtful)) return undefined;
      }
    return frames;
  } finally {
    closeSync(file);
  }
}

const mapping = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \d+ *(.*)$|^Rss: +(\d+) kB$/gm;
const kernelsOwn = /^\[(vdso|vvar.*|vsyscall)\]$/;

/** Ranges of smaps with memory in them, neighbours as one. A page of zeros alone is no memory there. */
export function residentRanges(smaps: string): readonly Range[] {
  const ranges: Range[] = [];
  let current: Range | undefined;
  for (const [, start, end = '', name = '', rss] of smaps.matchAll(mapping)) {
    if (start !== undefined)
      current = kernelsOwn.test(name) ? undefined : { start: parseInt(start, 16), end: parseInt(end, 16) };
    else if (current !== undefined && rss !== '0') {
      const last = ranges.at(-1);
      if (last?.end === current.start) last.end = current.end;
      else ranges.push(current);
    }
  }
  return ranges;
}

/** Adds the frames of pagemap's entries. Returns whether they could be seen: a hidden frame has the number 0. */
export function collectFrames(entries: Buffer, frames: Set<number>, doubtful: Set<number>): boolean {
  for (let at = 0; at < entries.length; at += entrySize) {
    const high = entries.readInt32LE(at + 4);
    if ((high & upper.present) === 0) continue;
    const frame = (high & upper.frame) * 2 ** 32 + entries.readUInt32LE(at);
    if (frame === 0) return false;
    frames.add(frame);
    if ((high & (upper.ofFile | upper.exclusive)) === 0) doubtful.add(frame);
  }
  return true;
}

/** Those of the frames that are the kernel's pages of zeros; undefined where it does not say. */
function zeroPages(frames: ReadonlySet<number>): readonly number[] | undefined {
  try {
    const file = openSync('/proc/kpageflags', 'r');
    try {
      return [...frames].filter((frame) => (flagsOf(file, frame) & zeroPage) !== 0n);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function flagsOf(kpageflags: number, frame: number): bigint {
  const flags = Buffer.alloc(entrySize);
  readSync(kpageflags, flags, 0, entrySize, frame * entrySize);
  return flags.readBigUInt64LE();
}
