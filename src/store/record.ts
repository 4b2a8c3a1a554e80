/**
 * A program's blueprint as a file: what a store keeps, so that it can lay the program out again without another capture.
 * docs/formats/record.md.
 */
import { readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import type { Blueprint, BlueprintRegion, References } from '../provenance/explained.ts';
import { LinkonceError } from '../util/errors.ts';
import { fromJson, toJson } from '../util/json.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';

const magic = Buffer.from('LNKRECRD');
export const recordVersion = 4;
const headSize = 16;
/** Level 1 of zlib: relocated data is mostly zero and addresses, and shrinks to a fifth. */
const level = 1;

/** What stands in the record as JSON: the blueprint without its columns and pages. */
interface Head extends Omit<Blueprint, 'regions' | 'references'> {
  readonly regions: readonly (Omit<BlueprintRegion, 'pages'> & {
    readonly pageAddresses: readonly Address[];
  })[];
  readonly references: number;
}

export function encodeRecord(blueprint: Blueprint): Buffer {
  const { facts, start, regions, references, processWords, slots, vdsoSlots, opened, opener } = blueprint;
  const head: Head = {
    ...{ facts, start, processWords, slots, vdsoSlots, opened, opener },
    regions: regions.map(({ region, writtenPages, pages }) => ({
      region: withoutContent(region),
      writtenPages,
      pageAddresses: [...pages.keys()],
    })),
    references: references.count,
  };
  const json = Buffer.from(toJson(head));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const pages = regions.flatMap((region) => [...region.pages.values()]);
  const body = Buffer.concat([length, json, ...columnsOf(references).map(bytesOf), ...pages]);
  const start16 = Buffer.alloc(headSize);
  magic.copy(start16);
  start16.writeUInt32LE(recordVersion, 8);
  return Buffer.concat([start16, deflateSync(body, { level })]);
}

/** A captured region's module is the whole ELF file. */
function withoutContent({ module, ...region }: BlueprintRegion['region']): BlueprintRegion['region'] {
  if (!module) return region;
  const { path, name, identity } = module;
  return { ...region, module: { path, name, identity } };
}

function columnsOf({ addresses, owners, targets }: References): readonly (Float64Array | Uint16Array)[] {
  return [addresses, owners, targets];
}

function bytesOf(column: Float64Array | Uint16Array): Buffer {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength);
}

/** Throws LinkonceError naming `path` where the bytes are no whole record of this version. */
export function decodeRecord(bytes: Buffer, path: string): Blueprint {
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw new LinkonceError(`${path}: not a record of linkonce`);
  if (bytes.length < headSize || bytes.readUInt32LE(8) !== recordVersion)
    throw new LinkonceError(`${path}: a record of another version, or truncated`);
  const body = new Reader(inflate(bytes.subarray(headSize), path));
  const head = fromJson(body.take(Number(body.take(8).readBigUInt64LE())).toString()) as Head;
  const count = head.references;
  const references = {
    count,
    addresses: new Float64Array(copyOf(body.take(count * 8))),
    owners: new Uint16Array(copyOf(body.take(count * 2))),
    targets: new Uint16Array(copyOf(body.take(count * 2))),
  };
  const regions = head.regions.map(({ pageAddresses, ...region }) => ({
    ...region,
    pages: new Map(pageAddresses.map((address) => [address, body.take(pageSize)] as const)),
  }));
  return { ...head, regions, references };
}

export function readRecord(path: string): Blueprint {
  return decodeRecord(readFileSync(path), path);
}

/** zlib's format has a checksum of its own (RFC 1950). */
function inflate(bytes: Buffer, path: string): Buffer {
  try {
    return inflateSync(bytes);
  } catch (error) {
    throw new LinkonceError(`${path}: the record is damaged: ${(error as Error).message}`);
  }
}

class Reader {
  readonly #bytes: Buffer;
  #next = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  take(length: number): Buffer {
    const start = this.#next;
    this.#next += length;
    return this.#bytes.subarray(start, this.#next);
  }
}

function copyOf(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
