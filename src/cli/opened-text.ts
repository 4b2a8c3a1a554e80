/** What the commands say of the modules that a program opens with dlopen(3). */

/** A module that ld.so relocates itself each time, and why. */
export interface Unprepared {
  readonly path: string;
  readonly reason: string;
}

/** `opens 33: 31 prepared, 2 not`; undefined for none. */
export function openedText(count: number, unprepared: readonly Unprepared[]): string | undefined {
  if (count === 0) return undefined;
  const prepared = count - unprepared.length;
  if (unprepared.length === 0) return `opens ${String(count)}, all prepared`;
  if (prepared === 0) return `opens ${String(count)}, none prepared`;
  return `opens ${String(count)}: ${String(prepared)} prepared, ${String(unprepared.length)} not`;
}

/** A line for each. */
export function unpreparedLines(unprepared: readonly Unprepared[]): string[] {
  return unprepared.map(({ path, reason }) => (reason.includes(path) ? reason : `${path}: ${reason}`));
}
