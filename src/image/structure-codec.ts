/** Writes and reads the structures of plan-layout.ts. */
import type { FieldType, Structure } from './plan-layout.ts';
import { fieldSizes } from './plan-layout.ts';

export type Values<S extends Structure> = Readonly<Record<keyof S['fields'], number | bigint>>;

/** Writes `values` at `offset`. Throws RangeError for a value that its field cannot hold. */
export function encodeStructure<S extends Structure>(
  of: S,
  values: Values<S>,
  into: Buffer,
  offset: number,
): void {
  let at = offset;
  for (const [name, type] of Object.entries(of.fields)) {
    const value = values[name as keyof S['fields']];
    if (type === 'u16') into.writeUInt16LE(Number(value), at);
    else if (type === 'u32') into.writeUInt32LE(Number(value), at);
    else if (type === 'u64') into.writeBigUInt64LE(BigInt(value), at);
    else into.writeBigInt64LE(BigInt(value), at);
    at += fieldSizes[type];
  }
}

const readers: Readonly<Record<FieldType, (from: Buffer, at: number) => bigint>> = {
  u16: (from, at) => BigInt(from.readUInt16LE(at)),
  u32: (from, at) => BigInt(from.readUInt32LE(at)),
  u64: (from, at) => from.readBigUInt64LE(at),
  i64: (from, at) => from.readBigInt64LE(at),
};

/** Reads a structure; 64-bit fields come as bigint. Throws RangeError past the end. */
export function decodeStructure<S extends Structure>(
  of: S,
  from: Buffer,
  offset: number,
): Record<keyof S['fields'], bigint> {
  let at = offset;
  const values: Record<string, bigint> = {};
  for (const [name, type] of Object.entries(of.fields)) {
    values[name] = readers[type](from, at);
    at += fieldSizes[type];
  }
  return values as Record<keyof S['fields'], bigint>;
}
