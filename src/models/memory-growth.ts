/** The memory of many processes of one program, as a law of two figures. */

export interface MemoryLaw {
  /** What all processes have together, once, kB. */
  readonly sharedKb: number;
  /** What each has for itself, kB. */
  readonly privateKb: number;
}

/** kB of so many processes: what is shared once, and what is private as often as there are processes. */
export function memoryOfProcesses({ sharedKb, privateKb }: MemoryLaw, processes: number): number {
  return processes === 0 ? 0 : sharedKb + privateKb * processes;
}
