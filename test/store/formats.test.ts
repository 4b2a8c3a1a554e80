/** Records and catalogues: what comes back is what went in, and damage is found. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Blueprint } from '../../src/provenance/explained.ts';
import {
  catalogueVersion,
  decodeCatalogue,
  encodeCatalogue,
  type Catalogue,
} from '../../src/store/catalogue.ts';
import { decodeRecord, encodeRecord } from '../../src/store/record.ts';
import { LinkonceError } from '../../src/util/errors.ts';

const fields = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(model, { noNullPrototype: true });

const addresses = fc.integer({ min: 0, max: 2 ** 35 }).map((page) => page * 4096);
const bigints = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const paths = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((name) => `/${name}`);
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

const identities = fields({
  device: bigints,
  inode: bigints,
  size: bigints,
  mtimeNs: bigints,
  ctimeNs: bigints,
});
const modules = fields({ path: paths, name: paths, identity: identities });

/** A page that is mostly one byte, so that failures stay readable. */
const pages = fc.tuple(fc.integer({ min: 0, max: 255 }), bytes(16)).map(([fill, start]) => {
  const page = Buffer.alloc(4096, fill);
  start.copy(page);
  return page;
});

const regions = fields({
  region: fields({ start: addresses, end: addresses, module: modules }),
  writtenPages: fc.nat(),
  pages: fc
    .uniqueArray(fc.tuple(addresses, pages), { maxLength: 3, selector: ([address]) => address })
    .map((entries) => new Map(entries)),
});

const references = fc
  .array(fc.tuple(addresses, fc.nat(65535), fc.nat(65535)), { maxLength: 20 })
  .map((rows) => ({
    count: rows.length,
    addresses: Float64Array.from(rows, ([address]) => address),
    owners: Uint16Array.from(rows, ([, owner]) => owner),
    targets: Uint16Array.from(rows, ([, , target]) => target),
  }));

const blueprints = fields({
  facts: fields({ path: paths, modules: fc.array(modules, { maxLength: 3 }) }),
  start: fields({ context: bytes(50), handoff: fields({ rax: bigints, address: addresses }) }),
  regions: fc.array(regions, { maxLength: 3 }),
  references,
  processWords: fc.array(fields({ address: addresses, width: fc.constantFrom(4, 8) }), { maxLength: 3 }),
  slots: fields({ bound: fc.nat(), lazy: fc.nat() }),
  vdsoSlots: fc.array(fields({ address: addresses, eager: fc.boolean() }), { maxLength: 3 }),
}).map((blueprint) => blueprint as unknown as Blueprint);

const catalogues = fields({
  settings: fields({ system: paths, window: fc.nat(44) }),
  holdings: fc.array(fields({ key: paths, start: addresses, size: fc.nat() }), { maxLength: 4 }),
  modules: fc.array(modules, { maxLength: 4 }),
  programs: fc.array(fields({ name: paths, shared: fc.array(paths, { maxLength: 3 }) }), {
    maxLength: 4,
  }),
}).map((catalogue) => catalogue as unknown as Catalogue);

test('a record comes back as it went in', () => {
  fc.assert(
    fc.property(blueprints, (blueprint) => {
      expect(decodeRecord(encodeRecord(blueprint), 'a.record')).toStrictEqual(blueprint);
    }),
  );
});

test('a catalogue comes back as it went in', () => {
  fc.assert(
    fc.property(catalogues, (catalogue) => {
      expect(decodeCatalogue(encodeCatalogue(catalogue), 'catalogue')).toStrictEqual(catalogue);
    }),
  );
});

/** Decodes to the same, or throws one line that names the file. */
function expectSameOrFound<T>(decode: () => T, same: T, what: string): void {
  try {
    expect(decode(), what).toStrictEqual(same);
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    expect(error.message).toMatch(/^the-file: /);
  }
}

const [blueprint] = fc.sample(blueprints, { seed: 1, numRuns: 1 });
const [catalogue] = fc.sample(catalogues, { seed: 1, numRuns: 1 });

test('a record: damage and truncation at any byte are found, or change nothing', () => {
  const whole = encodeRecord(blueprint!);
  const decode = (damaged: Buffer): Blueprint => decodeRecord(damaged, 'the-file');
  for (let at = 0; at < whole.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= mask;
      expectSameOrFound(() => decode(damaged), blueprint!, `byte ${String(at)} by ${String(mask)}`);
    }
    expect(() => decode(whole.subarray(0, at)), `cut at ${String(at)}`).toThrow(LinkonceError);
  }
});

test('a catalogue: damage and truncation at any byte are found, or change nothing', () => {
  const whole = Buffer.from(encodeCatalogue(catalogue!));
  const decode = (damaged: Buffer): Catalogue => decodeCatalogue(damaged.toString(), 'the-file');
  for (let at = 0; at < whole.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= mask;
      expectSameOrFound(() => decode(damaged), catalogue!, `byte ${String(at)} by ${String(mask)}`);
    }
    expectSameOrFound(() => decode(whole.subarray(0, at)), catalogue!, `cut at ${String(at)}`);
  }
});

test('what is no record or no catalogue, or one of another version, is refused in one line', () => {
  const other = encodeRecord(blueprint!);
  other.writeUInt32LE(99, 8);
  expect(() => decodeRecord(other, 'the-file')).toThrow(/^the-file: a record of another version/);
  expect(() => decodeRecord(Buffer.from('text'), 'the-file')).toThrow('the-file: not a record');
  const version = `"version":${String(catalogueVersion)}`;
  const text = encodeCatalogue(catalogue!).replace(version, '"version":99');
  expect(() => decodeCatalogue(text, 'the-file')).toThrow('the-file: a catalogue of version 99');
  expect(() => decodeCatalogue('', 'the-file')).toThrow('the-file: not a catalogue');
});
