/** Little-endian C structures without holes: described once, written and read by their description. */
import { present } from './present.ts';

const fieldSizes = { u16: 2, u32: 4, i32: 4, u64: 8, i64: 8 } as const;

export type FieldType = keyof typeof fieldSizes;
export type Fields = Readonly<Record<string, FieldType>>;

/** Fields of 64 bits are bigint, all others number. */
export type FieldValues<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends 'u64' | 'i64' ? bigint : number;
};

/** A number of any kind for each field. */
export type AllValues<S extends Structure> = Readonly<Record<keyof S['fields'], number | bigint>>;
/** Each field as a bigint, whatever its size. */
export type WideValues<S extends Structure> = Readonly<Record<keyof S['fields'], bigint>>;

export interface Structure<F extends Fields = Fields> {
  readonly fields: F;
  /** Bytes. */
  readonly size: number;
}

/** Fields in their order; padding is a field, too. */
export function structure<const F extends Fields>(fields: F): Structure<F> {
  const size = Object.values(fields).reduce((sum, type) => sum + fieldSizes[type], 0);
  return { fields, size };
}

/** Missing fields of a structure that is made here. */
const unset = 0;

/** A new buffer with the structure; what `values` lacks is 0. Throws RangeError for a value that its field cannot hold. */
export function encode<F extends Fields>(
  { fields, size }: Structure<F>,
  values: Partial<FieldValues<F>>,
): Buffer {
  const bytes = Buffer.alloc(size);
  let at = 0;
  for (const name in fields) {
    const type = fields[name]!;
    write(bytes, type, at, values[name] ?? unset);
    at += fieldSizes[type];
  }
  return bytes;
}

/** Writes all of the structure at `offset`. Throws RangeError for a value that its field cannot hold. */
export function encodeInto<S extends Structure>(
  { fields }: S,
  values: AllValues<S>,
  into: Buffer,
  offset: number,
): void {
  let at = offset;
  for (const [name, type] of Object.entries(fields)) {
    const value: number | bigint | undefined = values[name as keyof S['fields']];
    write(into, type, at, present(value, name));
    at += fieldSizes[type];
  }
}

function write(into: Buffer, type: FieldType, at: number, value: number | bigint): void {
  if (type === 'u64') into.writeBigUInt64LE(BigInt(value), at);
  else if (type === 'i64') into.writeBigInt64LE(BigInt(value), at);
  else if (type === 'u32') into.writeUInt32LE(Number(value), at);
  else if (type === 'i32') into.writeInt32LE(Number(value), at);
  else into.writeUInt16LE(Number(value), at);
}

/** Reads the structure at `offset`. Throws RangeError past the end. */
export function decode<F extends Fields>({ fields }: Structure<F>, from: Buffer, offset = 0): FieldValues<F> {
  const values: Record<string, number | bigint> = {};
  let at = offset;
  for (const name in fields) {
    const type = fields[name]!;
    values[name] = read(from, type, at);
    at += fieldSizes[type];
  }
  return values as FieldValues<F>;
}

/** The same with every field as a bigint. */
export function decodeWide<S extends Structure>(of: S, from: Buffer, offset: number): WideValues<S> {
  const values = Object.entries(decode(of, from, offset)).map(([name, value]) => [name, BigInt(value)]);
  return Object.fromEntries(values) as WideValues<S>;
}

function read(from: Buffer, type: FieldType, at: number): number | bigint {
  if (type === 'u64') return from.readBigUInt64LE(at);
  if (type === 'i64') return from.readBigInt64LE(at);
  if (type === 'u32') return from.readUInt32LE(at);
  if (type === 'i32') return from.readInt32LE(at);
  return from.readUInt16LE(at);
}
