/**
 * Numbers that must not be mixed up. Addresses and offsets are JavaScript numbers: a user address of x86-64 has
 * 47 bits and fits exactly. They are added and compared, never touched by bit operators (which cut to 32 bits);
 * rounding goes through the helpers here. Words of memory are `bigint`.
 *
 * The flavours below are optional properties: a plain number is accepted, but a `Vaddr` is not taken for a
 * `FileOffset`.
 */

declare const flavour: unique symbol;

/** A virtual address inside a module, relative to its load bias: what `p_vaddr` and `st_value` hold. */
export type Vaddr = number & { readonly [flavour]?: 'vaddr' };
/** An address in a process. */
export type Address = number & { readonly [flavour]?: 'address' };
/** A position in a file, in bytes. */
export type FileOffset = number & { readonly [flavour]?: 'offset' };

/** Bytes in a page of x86-64. */
export const pageSize = 4096;

/** The largest multiple of `unit` that is not above `value`. */
export function roundDown(value: number, unit: number = pageSize): number {
  return value - (value % unit);
}

/** The smallest multiple of `unit` that is not below `value`. */
export function roundUp(value: number, unit: number = pageSize): number {
  return roundDown(value + unit - 1, unit);
}

/** An address, word or offset for people: `0x7f12…`. */
export function hex(value: number | bigint): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
