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

/**
 * From how many processes on the one takes less than the other, however many there are; undefined where it never does so for good.
 */
export function lessFrom(one: MemoryLaw, other: MemoryLaw): number | undefined {
  const [more, less] = [one.sharedKb - other.sharedKb, other.privateKb - one.privateKb];
  if (less < 0 || (less === 0 && more >= 0)) return undefined;
  return less === 0 ? 1 : Math.max(1, Math.floor(more / less) + 1);
}
