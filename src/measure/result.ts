/** What every measurement's value is made of. */

/** A median with the interval that holds it with 95 % confidence (bootstrap), in the unit of the field. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Where the run was made. */
export interface Machine {
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  /** kB. */
  readonly memoryKb: number;
  readonly libc: string;
  readonly node: string;
}

/** Which system and variant a result is of. */
export interface ResultHead {
  readonly system: string;
  readonly variant: string;
}

/** Refused (the system cannot serve the program), failed (it went wrong) or not run (the run was stopped): never shown as 0. */
export interface UnmeasuredResult extends ResultHead {
  readonly status: (typeof unmeasuredStatuses)[number];
  readonly reason: string;
}

export const unmeasuredStatuses = ['refused', 'failed', 'not-run'] as const;
