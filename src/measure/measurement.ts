/**
 * What one comparison found: the value between measuring and every report. It is also the format of `--json`,
 * specified in docs/formats/measurement.md.
 */
import type { EntryUse } from '../image/entry-use.ts';
import type { AddressSpace } from './address-space.ts';
import type { CallMeasurement } from './call-measurement.ts';
import type { Estimate, Machine, ResultHead, UnmeasuredResult } from './result.ts';

export {
  unmeasuredStatuses,
  type Estimate,
  type Machine,
  type ResultHead,
  type UnmeasuredResult,
} from './result.ts';

/** Of the format; a field that changes its meaning makes a new one. */
export const measurementVersion = 3;

/** One run of `compare`. */
export interface Measurement {
  readonly format: 'linkonce-measurement';
  readonly version: typeof measurementVersion;
  /** When the run began, ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** Which version of linkonce measured; absent in files that were written before it was noted. */
  readonly linkonce?: string;
  readonly settings: Settings;
  /** At least one; two with one path are one program with other arguments. */
  readonly programs: readonly MeasuredProgram[];
  /** All processes of all programs alive at once: one result a system and variant, in the order of the programs' results. */
  readonly workload: readonly WorkloadResult[];
  readonly warnings: readonly Warning[];
  /** What calls between modules cost under the same systems; absent where it was not asked for. */
  readonly calls?: CallMeasurement;
}

/** How a run was made. */
export interface Settings {
  /** `quick` and `full` are sets of the others (`--quick`, `--full`); `custom` is any other. */
  readonly mode: 'quick' | 'full' | 'custom';
  /** Timed runs of each program under each system. */
  readonly runs: number;
  /** When the processes were stopped and looked at: at the program's entry, when it ends, or after so many seconds. */
  readonly moment: 'entry' | 'exit' | number;
  /** How many processes of one program were alive at once for `growth`. Ascending; empty where that was not measured. */
  readonly counts: readonly number[];
  /** Before each timed run the kernel forgot what it had of files that no process maps; absent: it kept it. */
  readonly cold?: boolean;
  /** Private pages were paged out to compressed swap; absent: they were not. */
  readonly zram?: boolean;
}

/** A program with its arguments, and what was found of it under each system. */
export interface MeasuredProgram {
  readonly path: string;
  readonly arguments: readonly string[];
  readonly modules: number;
  /** Modules that it opens with dlopen(3), as far as that was learnt; absent where nobody asked. */
  readonly opened?: number;
  /**
   * Of each library, in the linker's order, the addresses that it takes from its first to its last page, kB: whether libraries
   * whose addresses are hashed collide depends on it. Absent in files that were written before it was looked at.
   */
  readonly librariesKb?: readonly number[];
  /** Its processes alive at once for the memory figures. */
  readonly processes: number;
  /** Whether the start-up was timed; not for a program that does not end by itself. */
  readonly timed: boolean;
  readonly results: readonly Result[];
}

/** What the others are compared with: the platform's linker as it is. */
export const baseLine = { system: 'got-plt', variant: 'lazy' } as const;

/** What was found of a program under one system and variant. */
export type Result = MeasuredResult | UnmeasuredResult;

/** Figures of one program: start-up of its timed runs, medians over its processes alive at once. */
export interface MeasuredResult extends ResultHead, ProcessMemory {
  readonly status: 'measured';
  /** fork to wait, ms; absent when not timed. */
  readonly startupMs?: Estimate;
  /** start-up of the base line `got-plt lazy` divided by this one's: above 1 is faster. */
  readonly startupRatio?: Estimate;
  /** ru_minflt of a whole run. */
  readonly minorFaults?: Estimate;
  /** The memory figures of the processes that were alive at once: of which the figures are the medians. */
  readonly spread: Readonly<Record<keyof ProcessMemory, Spread>>;
  /** All its processes together as their number grows; absent where that was not measured. */
  readonly growth?: readonly GrowthPoint[];
  /** Its private pages in compressed swap; absent where that was not measured. */
  readonly zram?: CompressedMemory;
  /** Where one of its processes has what, page by page; absent where that was not looked at. */
  readonly space?: AddressSpace;
  /** Allocated size of the files that the system wrote for this program, kB. */
  readonly diskKb: number;
  /** Wall time of the bind, ms; 0 for the platform's own linker. */
  readonly bindMs: number;
  /** Of tables that are filled by hashes; absent where the system has none. */
  readonly entries?: EntryUse;
  /** Raw samples, ms, in the order of the rounds. */
  readonly samplesMs: readonly number[];
}

/** The private pages of its processes in a swap that the kernel compresses (zram): of one process, means over all. */
export interface CompressedMemory {
  /** Pages that went out, as they were. */
  readonly pagedOutKb: number;
  /** What they were compressed to, but for pages of zeros, of which the kernel only notes that they are such. */
  readonly compressedKb: number;
  /** What zram takes for them, with gaps, which are the more the fewer processes there are. */
  readonly withGapsKb: number;
  /** To read all of them back: time of the processor, without the traps of page faults. */
  readonly readBackMs: Estimate;
}

/** The lowest and the highest of some figures. */
export interface Spread {
  readonly low: number;
  readonly high: number;
}

/** Sums over so many processes of one program, alive at once. */
export interface GrowthPoint extends ProcessMemory {
  readonly processes: number;
}

/** kB of one process, and counts: of one, medians over some, or sums over all. */
export interface ProcessMemory {
  /** Private_Dirty: what this process alone holds and no file could give back. */
  readonly privateKb: number;
  /** Shared_Clean + Shared_Dirty + Private_Clean: pages of files, which other processes share or could share. */
  readonly sharedKb: number;
  /** Proportional set size: each page divided by the number of processes that map it. */
  readonly pssKb: number;
  /** VmPTE: the process's own page tables, last level. */
  readonly pageTablesKb: number;
  /** Lines of /proc/PID/maps. */
  readonly mappings: number;
}

/** What was found of all programs together under one system and variant. */
export type WorkloadResult = MeasuredWorkload | UnmeasuredResult;

/** Sums over all processes. What would be without sharing (the sum of RSS) is `privateKb + sharedKb`. */
export interface MeasuredWorkload extends ResultHead, ProcessMemory {
  readonly status: 'measured';
  /** Indices of the programs whose processes were there: all but those without figures under this system. Ascending. */
  readonly programs: readonly number[];
  /** Distinct page frames of all processes; absent where the kernel hides frame numbers. */
  readonly frames?: FrameSharing;
  /** Each process, by program. */
  readonly processes: readonly WorkloadProcess[];
}

export interface WorkloadProcess extends ProcessMemory {
  /** Index of the program. */
  readonly program: number;
  /** The page frames that this process maps. */
  readonly frames?: FrameSharing;
}

/** Page frames by which of the workload's processes map them, kB. Pages of zeros and the kernel's own mappings are left out. */
export interface FrameSharing {
  readonly oneProcessKb: number;
  /** By several processes, all of one program. */
  readonly oneProgramKb: number;
  readonly severalProgramsKb: number;
}

/** A doubt about the figures, for a person. */
export interface Warning {
  readonly kind: (typeof warningKinds)[number];
  readonly message: string;
  /** Index of the program that it is about; absent where it is about all. */
  readonly program?: number;
}

export const warningKinds = [
  'handed-over',
  'noisy',
  'few-runs',
  'first-run',
  'exit-status',
  'output-differs',
  'did-not-end',
  'ended-early',
  'frames-hidden',
  'growth',
  'zram',
  'calls',
  'learning',
  'frequency',
  'resumed',
  'stopped',
] as const;

/** For people: `got-plt lazy`. */
export function nameOf({ system, variant }: ResultHead): string {
  return `${system} ${variant}`;
}

/** Whether two results are of one system and variant. */
export function isSameVariant(one: ResultHead, other: ResultHead): boolean {
  return one.system === other.system && one.variant === other.variant;
}

/** Whether a result is that of the platform's linker as it is. */
export function isBaseLine(head: ResultHead): boolean {
  return isSameVariant(head, baseLine);
}
