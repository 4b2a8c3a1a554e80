/**
 * What one comparison found: the value between measuring and every report. It is also the format of `--json`,
 * specified in docs/formats/measurement.md.
 */

/** A median with the interval that holds it with 95 % confidence (bootstrap), in the unit of the field. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface Measurement {
  readonly format: 'linkonce-measurement';
  readonly version: 1;
  /** When the run began, ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly program: MeasuredProgram;
  readonly settings: Settings;
  readonly results: readonly Result[];
  readonly warnings: readonly Warning[];
}

export interface Machine {
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  /** kB. */
  readonly memoryKb: number;
  readonly libc: string;
  readonly node: string;
}

export interface MeasuredProgram {
  readonly path: string;
  readonly arguments: readonly string[];
  readonly modules: number;
}

export interface Settings {
  /** Timed runs of each system. */
  readonly runs: number;
  /** Processes alive at once for the memory figures. */
  readonly processes: number;
  /** When the processes were stopped and looked at: at the program's entry, when it ends, or after so many seconds. */
  readonly moment: 'entry' | 'exit' | number;
  /** Whether the start-up was timed; not for a program that does not end by itself. */
  readonly timed: boolean;
}

/** What the others are compared with: the platform's linker as it is. */
export const baseLine = { system: 'got-plt', variant: 'lazy' } as const;

export type Result = MeasuredResult | UnmeasuredResult;

interface ResultHead {
  readonly system: string;
  readonly variant: string;
}

/** Refused (the system cannot serve the program) or failed (it went wrong): never shown as 0. */
export interface UnmeasuredResult extends ResultHead {
  readonly status: 'refused' | 'failed';
  readonly reason: string;
}

export interface MeasuredResult extends ResultHead {
  readonly status: 'measured';
  /** fork to wait, ms; absent when not timed. */
  readonly startupMs?: Estimate;
  /** start-up of the base line `got-plt lazy` divided by this one's: above 1 is faster. */
  readonly startupRatio?: Estimate;
  /** Memory figures are medians over the processes alive at once, kB of one process. Private_Dirty. */
  readonly privateKb: number;
  /** Shared_Clean + Shared_Dirty + Private_Clean: pages of files, which other processes share or could share. */
  readonly sharedKb: number;
  /** Proportional set size. */
  readonly pssKb: number;
  /** VmPTE. */
  readonly pageTablesKb: number;
  /** Lines of /proc/PID/maps. */
  readonly mappings: number;
  /** ru_minflt of a whole run. */
  readonly minorFaults?: number;
  /** Allocated size of the files that the system wrote for this program, kB. */
  readonly diskKb: number;
  /** Wall time of the bind, ms; 0 for the platform's own linker. */
  readonly bindMs: number;
  /** Raw samples, ms, in the order of the rounds. */
  readonly samplesMs: readonly number[];
}

export interface Warning {
  readonly kind:
    'noisy' | 'few-runs' | 'first-run' | 'exit-status' | 'output-differs' | 'did-not-end' | 'ended-early';
  readonly message: string;
}

/** For people: `got-plt lazy`. */
export function nameOf({ system, variant }: { readonly system: string; readonly variant: string }): string {
  return `${system} ${variant}`;
}

export function isBaseLine({
  system,
  variant,
}: {
  readonly system: string;
  readonly variant: string;
}): boolean {
  return system === baseLine.system && variant === baseLine.variant;
}
