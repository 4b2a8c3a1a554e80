/** The plan as a value, and its bytes: written at the head of an image file, read back by whoever inspects or verifies it. */
import type { FileIdentity } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { at } from '../util/present.ts';
import { roundUp } from '../util/units.ts';
import { planChecksum } from './checksum.ts';
import type { TableName, headerFields } from './plan-layout.ts';
import { Strings } from './strings.ts';
import { contentDigestFields, planHeader, planMagic, planVersion, tables } from './plan-layout.ts';
import { digestSize } from '../util/content-digest.ts';
import type { AllValues, Structure } from '../util/structure.ts';
import { decodeWide, encodeInto } from '../util/structure.ts';

type TextField =
  | 'program_path'
  | 'invocation_path'
  | 'interpreter_path'
  | 'command_name'
  | 'platform'
  | 'places_path'
  | 'cache_path';
/** Filled in by the encoder. */
type ComputedField =
  'magic' | 'version' | 'header_size' | 'checksum' | 'tables_size' | 'vdso_notes' | 'vdso_notes_size';

/** The rows of a table; a `path`, `directory`, `text` or `name` is the string itself. */
export type TableRows<Name extends TableName> = readonly {
  readonly [Field in keyof (typeof tables)[Name]['fields'] as Exclude<Field, 'reserved'>]: Field extends
    'path' | 'directory' | 'text' | 'name'
    ? string
    : number | bigint;
}[];

export interface Plan {
  readonly scalars: Readonly<
    Record<Exclude<keyof typeof headerFields, TextField | ComputedField>, number | bigint>
  >;
  readonly texts: Readonly<Record<TextField, string>>;
  readonly vdsoNotes: Buffer;
  readonly tables: { readonly [Name in TableName]: TableRows<Name> };
}

const checksumEnd = 24;
const digestNames = Object.keys(contentDigestFields) as (keyof typeof contentDigestFields)[];

const tableNames = Object.keys(tables) as TableName[];

/**
 * The plan's bytes, in whole pages. Their number depends on the rows and strings only, not on the values. `tail`: what stands at
 * their end, and the loader does not read.
 */
export function encodePlan(plan: Plan, tail: Buffer): Buffer {
  const places = tablePlaces(plan);
  const strings = new Strings(places.end);
  const notes = strings.bytes(plan.vdsoNotes);
  const bodies = tableNames.map((name) => encodeTable(plan, name, strings));
  const texts = Object.entries(plan.texts).map(([name, text]) => [name, strings.add(text)]);
  const own = strings.all();
  const bytes = Buffer.alloc(roundUp(places.end + own.length + tail.length));
  own.copy(bytes, places.end);
  tail.copy(bytes, bytes.length - tail.length);
  bodies.forEach((body, index) => body.copy(bytes, at(places.offsets, index)));
  const values = {
    ...plan.scalars,
    ...Object.fromEntries(texts),
    ...Object.fromEntries(
      tableNames.flatMap((name, index) => [
        [`${name}_offset`, at(places.offsets, index)],
        [`${name}_count`, plan.tables[name].length],
      ]),
    ),
    magic: planMagic,
    version: planVersion,
    header_size: planHeader.size,
    checksum: 0,
    tables_size: bytes.length,
    vdso_notes: notes,
    vdso_notes_size: plan.vdsoNotes.length,
  } as AllValues<typeof planHeader>;
  encodeInto(planHeader, values, bytes, 0);
  bytes.writeBigUInt64LE(planChecksum(bytes.subarray(checksumEnd)), checksumEnd - 8);
  return bytes;
}

function tablePlaces(plan: Plan): { offsets: number[]; end: number } {
  let next = planHeader.size;
  const offsets = tableNames.map((name) => {
    const offset = next;
    next += tables[name].size * plan.tables[name].length;
    return offset;
  });
  return { offsets, end: next };
}

function encodeTable(plan: Plan, name: TableName, strings: Strings): Buffer {
  const of: Structure = tables[name];
  const rows: readonly Readonly<Record<string, string | number | bigint>>[] = plan.tables[name];
  const size = of.size;
  const bytes = Buffer.alloc(rows.length * size);
  rows.forEach((row, index) => {
    const values = Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'string' ? strings.add(value) : value,
    ]);
    const complete = { reserved: 0, ...Object.fromEntries(values) } as AllValues<Structure>;
    encodeInto(of, complete, bytes, index * size);
  });
  return bytes;
}

export type DecodedRow<Name extends TableName> = Readonly<
  Record<keyof (typeof tables)[Name]['fields'], bigint>
>;

/** What rows of `files` and `backings` have in common. */
type FileRow = DecodedRow<'files' | 'backings'>;

/** A plan as it stands in a file: numbers as they are, strings still as offsets. */
export interface DecodedPlan {
  readonly header: Readonly<Record<keyof (typeof planHeader)['fields'], bigint>>;
  /** The string at an offset. */
  text(offset: bigint): string;
  bytes(offset: bigint, length: bigint): Buffer;
  rows<Name extends TableName>(name: Name): DecodedRow<Name>[];
}

/** Throws LinkonceError naming `path` where the bytes are no whole plan of this version. */
export function decodePlan(bytes: Buffer, path: string): DecodedPlan {
  const fail = (problem: string): never => {
    throw new LinkonceError(`${path}: ${problem}`);
  };
  const size = planHeader.size;
  if (bytes.length < size || bytes.readBigUInt64LE(0) !== planMagic) return fail('not an image of linkonce');
  const header = decodeWide(planHeader, bytes, 0);
  if (header.version !== BigInt(planVersion))
    return fail(`image version ${String(header.version)}, not ${String(planVersion)}`);
  if (header.header_size !== BigInt(size)) return fail('the image is damaged: wrong size of its head');
  const end = Number(header.tables_size);
  if (bytes.length < end || end < size || end % 8 !== 0) return fail('the image is truncated');
  const plan = bytes.subarray(0, end);
  if (planChecksum(plan.subarray(checksumEnd)) !== header.checksum)
    return fail('the image is damaged: wrong checksum');
  return {
    header,
    text: (offset) => plan.toString('utf8', Number(offset), plan.indexOf(0, Number(offset))),
    bytes: (offset, length) => plan.subarray(Number(offset), Number(offset + length)),
    rows: (name) =>
      Array.from({ length: Number(header[`${name}_count`]) }, (_, index) =>
        decodeWide(tables[name], plan, Number(header[`${name}_offset`]) + index * tables[name].size),
      ),
  };
}

/**
 * Writes the identities that files have now into the rows of a plan's bytes. The checksum is wrong then, until
 * `sealPlan`. `identityOf` may throw.
 */
export function encodeIdentities(
  bytes: Buffer,
  plan: DecodedPlan,
  identityOf: (path: string) => FileIdentity,
): void {
  const known = new Map<string, FileIdentity>();
  for (const name of ['files', 'backings'] as const) {
    const of: Structure = tables[name];
    plan.rows(name).forEach((row, index) => {
      const file = pathOf(plan, row);
      if (file === '') return;
      const identity = known.get(file) ?? identityOf(file);
      known.set(file, identity);
      const values = { ...row, ...identityFields(identity) } as AllValues<Structure>;
      const at = Number(plan.header[`${name}_offset`]) + index * of.size;
      encodeInto(of, values, bytes, at);
    });
  }
}

/** The same of what the linker's cache says now; `digestOf` a name. */
export function encodeCached(bytes: Buffer, plan: DecodedPlan, digestOf: (name: string) => bigint): void {
  plan.rows('cached').forEach((row, index) => {
    const at = Number(plan.header.cached_offset) + index * tables.cached.size;
    encodeInto(tables.cached, { ...row, digest: digestOf(plan.text(row.name)) }, bytes, at);
  });
}

/** The path of a row of `files` or `backings`; empty for the image itself. */
export function pathOf(plan: DecodedPlan, row: FileRow): string {
  const directory = plan.text(row.directory);
  const name = plan.text(row.path);
  return directory === '' ? name : `${directory}/${name}`;
}

const nanoseconds = 1_000_000_000n;

/** Of the image itself, which does not know its own. */
export const noIdentity: FileIdentity = { device: 0n, inode: 0n, size: 0n, mtimeNs: 0n, ctimeNs: 0n };

/** The fields of a row that hold a file's identity. */
export function identityFields({ device, inode, size, mtimeNs, ctimeNs }: FileIdentity) {
  return {
    device,
    inode,
    size,
    mtime_seconds: mtimeNs / nanoseconds,
    mtime_nanoseconds: mtimeNs % nanoseconds,
    ctime_seconds: ctimeNs / nanoseconds,
    ctime_nanoseconds: ctimeNs % nanoseconds,
  };
}

type IdentityRow = Pick<
  FileRow,
  'device' | 'inode' | 'size' | 'mtime_seconds' | 'mtime_nanoseconds' | 'ctime_seconds' | 'ctime_nanoseconds'
>;

/** The identity in a row. */
export function rowIdentity(row: IdentityRow): FileIdentity {
  const time = (kind: 'mtime' | 'ctime'): bigint =>
    row[`${kind}_seconds`] * nanoseconds + row[`${kind}_nanoseconds`];
  const { device, inode, size } = row;
  return { device, inode, size, mtimeNs: time('mtime'), ctimeNs: time('ctime') };
}

/** The digest in a row. */
export function rowDigest(row: Readonly<Record<keyof typeof contentDigestFields, bigint>>): Buffer {
  const bytes = Buffer.alloc(digestSize);
  digestNames.forEach((name, index) => bytes.writeBigUInt64LE(row[name], index * 8));
  return bytes;
}

export function digestFields(digest: Buffer): Readonly<Record<keyof typeof contentDigestFields, bigint>> {
  const word = (index: number): bigint => digest.readBigUInt64LE(index * 8);
  return { digest_0: word(0), digest_1: word(1), digest_2: word(2), digest_3: word(3) };
}

/** Gives changed bytes of a plan their checksum, and answers it. */
export function sealPlan(bytes: Buffer, { header }: DecodedPlan): bigint {
  const checksum = planChecksum(bytes.subarray(checksumEnd, Number(header.tables_size)));
  bytes.writeBigUInt64LE(checksum, checksumEnd - 8);
  return checksum;
}
