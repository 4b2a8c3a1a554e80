/** What the opener knows: what is written is read back; damage and numbers that lead out of the table are found by whoever reads an image. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DecodedOpened, OpenedRow, OpenedTableName } from '../../src/image/decode-opened.ts';
import { decodeOpened, sealOpened } from '../../src/image/decode-opened.ts';
import { own } from '../../src/image/backing.ts';
import { nameImage, openedTable, type OpenedPiece } from '../../src/image/opened-table.ts';
import { rowIdentity } from '../../src/image/plan.ts';
import { openedHead, openedTables, planOffset } from '../../src/image/plan-layout.ts';
import { readOpenedTable } from '../../src/image/read-opened.ts';
import { readPlan, verifyImage } from '../../src/image/verify-image.ts';
import type { FileIdentity } from '../../src/program/program.ts';
import type { Blueprint, OpenedModule } from '../../src/provenance/explained.ts';
import { LinkonceError } from '../../src/util/errors.ts';
import { nativePart } from '../../src/util/native.ts';
import { present } from '../../src/util/present.ts';
import { encodeInto, decodeWide, type AllValues, type Structure } from '../../src/util/structure.ts';
import { testSubject } from '../bind/subjects.ts';
import { linkonce } from '../cli/linkonce.ts';
import { bindForm } from '../contract/opened.ts';
import { calling, returning, workshop } from '../program/workshop.ts';

const page = 4096;
const imageSize = 1 << 30;

const identities: fc.Arbitrary<FileIdentity> = fc.record({
  device: fc.bigInt(0n, 2n ** 64n - 1n),
  inode: fc.bigInt(1n, 2n ** 64n - 1n),
  size: fc.bigInt(BigInt(imageSize), 2n ** 63n),
  mtimeNs: fc.bigInt(0n, 2n ** 62n),
  ctimeNs: fc.bigInt(0n, 2n ** 62n),
});
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((each) => !each.includes('\0'));

/** A module of so many pages, of which one is a piece: of the image, or of a file. */
const modules = fc.record({
  name: text,
  identity: identities,
  pages: fc.integer({ min: 1, max: 50 }),
  reserved: fc.integer({ min: 0, max: 2 ** 30 }),
  file: fc.option(fc.record({ path: text, identity: identities })),
  prepared: fc.boolean(),
  left: fc.integer({ min: 0, max: 20 }),
  originals: fc.array(
    fc.record({ address: fc.integer({ min: 0, max: 511 }), value: fc.bigInt(0n, 2n ** 64n - 1n) }),
  ),
  edit: fc.record({ isTable: fc.boolean(), original: fc.integer({ min: 0, max: 2 ** 30 }) }),
});
type Made = typeof modules extends fc.Arbitrary<infer T> ? T : never;

const first = 0x10_0000_0000;
const apart = 64 * page;
/** Of every module: the layout has each so far from where the blueprint has it. */
const shift = 0x1_0000_0000;

function moduleOf(
  { name, identity, pages, reserved, prepared, ...more }: Made,
  region: number,
): OpenedModule {
  const place = { region, dynamic: 16, length: pages * page, reserved };
  const facts = { path: `/${name}`, name, identity, place };
  if (!prepared) return { ...facts, prepared: false, reason: 'it is not' };
  const originals = Buffer.alloc(more.originals.length * 16);
  more.originals.forEach(({ address, value }, index) => {
    originals.writeBigUInt64LE(BigInt(address * 8), index * 16);
    originals.writeBigUInt64LE(value, index * 16 + 8);
  });
  const tables = Buffer.alloc(more.left * 24, region + 1);
  const entries = [{ address: 24, value: 0, ...more.edit }];
  return {
    ...facts,
    prepared: true,
    relocations: 100,
    left: more.left,
    applied: 8,
    tables,
    entries,
    originals,
  };
}

/** Only what the table is made of. */
function inputOf(made: readonly Made[]): Parameters<typeof openedTable>[0] {
  const regions = made.map((_, index) => {
    const start = first + index * apart;
    return { region: { start, end: start + apart, loadBias: start, mappings: [] } };
  });
  const opened = made.map(moduleOf);
  const opener = { site: first, debug: first + 8, statusCall: 262, firstMaps: 4 };
  const layout = regions.map(({ region }) => region.start + shift);
  const pieces = made.flatMap(({ prepared, file }, region): OpenedPiece[] => {
    if (!prepared) return [];
    const backing: OpenedPiece['backing'] = file ? { kind: 'file', ...file } : own;
    const address = present(layout[region], 'address');
    return [{ region, address, length: page, backing, offset: page * region, isOver: false }];
  });
  return { blueprint: { opened, opener, regions } as unknown as Blueprint, layout, pieces, plan: 0x7000 };
}

function tableOf(made: readonly Made[], image: string): Buffer {
  const table = openedTable(inputOf(made));
  nameImage(table, image, 1234);
  return table;
}

test('is read back as it was written', () => {
  fc.assert(
    fc.property(fc.array(modules, { minLength: 1, maxLength: 8 }), text, (made, image) => {
      const bytes = tableOf(made, image);
      const table = decodeOpened(bytes, 'test', BigInt(imageSize));
      expect(table.head).toMatchObject({
        debug: BigInt(first + 8),
        plan: 0x7000n,
        first_maps: 4n,
        status_call: 262n,
        owner: 1234n,
      });
      const rows = table.rows('modules');
      expect(rows.map((row) => [table.text(row.path), rowIdentity(row)])).toEqual(
        made.map(({ name, identity }) => [`/${name}`, identity]),
      );
      rows.forEach((row, index) => {
        expectSame(table, row, present(made[index], 'module'), image, first + shift + index * apart);
      });
      expect(bytes.subarray(Number(table.head.relocations_offset)).filter((byte) => byte !== 0)).toHaveLength(
        made.reduce((sum, { prepared, left }) => sum + (prepared ? left * 24 : 0), 0),
      );
    }),
    { numRuns: 60 },
  );
});

function expectSame(
  table: DecodedOpened,
  row: OpenedRow<'modules'>,
  made: Made,
  image: string,
  address: number,
): void {
  const { prepared, file, pages, reserved, originals, edit, left } = made;
  expect(row).toMatchObject({
    ...{ address: BigInt(address), length: BigInt(pages * page), load_bias: BigInt(address) },
    ...{ dynamic: BigInt(address + 16), reserved_length: BigInt(reserved) },
    applied: prepared ? BigInt(address + 8) : 0n,
    relocations_size: prepared ? BigInt(left * 24) : 0n,
    pieces_count: prepared ? 1n : 0n,
  });
  const edits = table.rows('edits').slice(Number(row.first_edit), Number(row.first_edit + row.edits_count));
  const value = edit.original + (edit.isTable ? address : 0);
  const words = originals.map((each) => ({ address: BigInt(address + each.address * 8), value: each.value }));
  expect(edits).toEqual(prepared ? [{ address: BigInt(address + 24), value: BigInt(value) }, ...words] : []);
  if (!prepared) return;
  const piece = present(table.rows('pieces')[Number(row.first_piece)], 'piece');
  const source = present(table.rows('files')[Number(piece.file)], 'file');
  expect(piece).toMatchObject({ address: BigInt(address), length: BigInt(page) });
  // Of files of one path the last identity counts: no two pieces of a plan differ in that.
  expect(table.text(source.path)).toBe(file ? file.path : image);
}

const sample = fc
  .sample(modules, { numRuns: 3, seed: 1 })
  .map((each) => ({ ...each, prepared: true, pages: 3 }));

test('any changed byte is found, and any cut', () => {
  const bytes = tableOf(sample, '/image');
  const changes = fc.record({ at: fc.nat(bytes.length - 1), bits: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(changes, ({ at, bits }) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ bits, at);
      expect(() => decodeOpened(changed, '/image', BigInt(imageSize))).toThrow(LinkonceError);
      expect(() => decodeOpened(bytes.subarray(0, at), '/image', BigInt(imageSize))).toThrow(
        /^\/image: its table of opened modules is damaged/,
      );
    }),
  );
});

/** What the table says with another number in it, and a checksum that fits. */
function read(change: (bytes: Buffer) => void): () => DecodedOpened {
  const bytes = tableOf(sample, '/image');
  change(bytes);
  sealOpened(bytes);
  return () => decodeOpened(bytes, '/image', BigInt(imageSize));
}

function setHead(field: keyof (typeof openedHead)['fields'], value: number): (bytes: Buffer) => void {
  return (bytes) => {
    const head = { ...decodeWide(openedHead, bytes, 0), [field]: value };
    encodeInto(openedHead, head, bytes, 0);
  };
}

function setRow(name: OpenedTableName, field: string, value: number | bigint): (bytes: Buffer) => void {
  return (bytes) => {
    const of: Structure = openedTables[name];
    const offset = Number(decodeWide(openedHead, bytes, 0)[`${name}_offset`]);
    const values = { ...decodeWide(of, bytes, offset), [field]: value } as AllValues<Structure>;
    encodeInto(of, values, bytes, offset);
  };
}

describe('a number that leads out of the table is damage, though the checksum fits', () => {
  const far = 0xffff_fff8;
  const last = first + shift + 10 * apart;
  test.each([
    ['nothing', () => undefined, undefined],
    ['relocations', setHead('relocations_offset', far), 'its relocations are not in it'],
    ['relocations in the head', setHead('relocations_offset', 8), 'its relocations are not in it'],
    ['modules', setHead('modules_offset', far), 'its modules are not in it'],
    ['modules in the head', setHead('modules_offset', 0), 'its modules are not in it'],
    ['count of modules', setHead('modules_count', far), 'its modules are not in it'],
    ['files', setHead('files_offset', far), 'its files are not in it'],
    ['pieces', setHead('pieces_count', far), 'its pieces are not in it'],
    ['edits', setHead('edits_count', far), 'its edits are not in it'],
    ['path of a module', setRow('modules', 'path', far), 'a path is not in it'],
    ['path of a file', setRow('files', 'path', far), 'a path is not in it'],
    ['address of a module', setRow('modules', 'address', first + 1), 'a module is not of whole pages'],
    ['a module of no length', setRow('modules', 'length', 0), 'a module is not of whole pages'],
    ['a module over the next', setRow('modules', 'length', 2 * apart), 'its modules are not in order'],
    ['the word of a module', setRow('modules', 'applied', last), 'a word of a module is not in it'],
    ['the dynamic section', setRow('modules', 'dynamic', last), 'a word of a module is not in it'],
    ['pieces of a module', setRow('modules', 'first_piece', far), 'a piece of a module is not in it'],
    ['count of pieces', setRow('modules', 'pieces_count', far), 'a piece of a module is not in it'],
    ['another module\u2019s piece', setRow('modules', 'first_piece', 1), 'a piece of a module is not in it'],
    ['edits of a module', setRow('modules', 'edits_count', far), 'an edit of a module is not in it'],
    ['a word that is edited', setRow('edits', 'address', last), 'an edit of a module is not in it'],
    ['file of a piece', setRow('pieces', 'file', far), 'a piece has no file'],
    ['part of a page', setRow('pieces', 'offset', 12), 'a piece is not of whole pages'],
    ['length of a piece', setRow('pieces', 'length', 12), 'a piece is not of whole pages'],
    ['a piece behind its file', setRow('pieces', 'offset', 2n ** 63n), 'a piece is not in its file'],
    ['relocations of a module', setRow('modules', 'relocations_size', far), 'its relocations are not in it'],
  ] as const)('%s', (_, change, problem) => {
    if (problem === undefined) expect(read(change)().rows('modules')).toHaveLength(3);
    else expect(read(change)).toThrow(`/image: its table of opened modules is damaged: ${problem}`);
  });
});

describe('an image', () => {
  const made = workshop();
  const plugIn = made.library(
    'plug-in.so',
    'static int own; void *table[1000] = {&own}; ' + returning('use'),
  );
  const file = made.program('opens', calling('getpid'));
  const launcher = path.join(made.directory, 'bound');
  const image = `${launcher}.image`;
  const loader = readFileSync(nativePart('loader.bin'));
  beforeAll(() => bindForm(testSubject(file, [plugIn]), 'image:single', launcher));

  test('is inspected', async () => {
    const { stdout } = await linkonce(['inspect', '--json', image]);
    const { opened_modules: opened, opened_first_maps: firstMaps } = JSON.parse(stdout) as Record<
      string,
      unknown
    >;
    expect(firstMaps).toBe(4);
    expect(opened).toMatchObject([{ path: plugIn, edits: 3, pieces: [{ file: image }] }]);
    const { stdout: lines } = await linkonce(['inspect', image]);
    expect(lines).toContain('opened_modules: 1\n');
    expect(lines).toContain(`path ${plugIn}, `);
  });

  test('with a damaged table is found by whoever verifies or inspects it', async () => {
    const plan = readPlan(image);
    const whole = readFileSync(image);
    const { tables_size: before, opened_size: size } = plan.header;
    const start = BigInt(planOffset) + before;
    expect(present(readOpenedTable(image, plan), 'table').rows('modules')).toHaveLength(1);
    for (const at of [start, start + 100n, start + size - 1n]) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(Number(at)) ^ 1, Number(at));
      writeFileSync(image, damaged);
      expect(() => verifyImage(image, loader)).toThrow(`${image}: its table of opened modules is damaged`);
    }
    expect(await linkonce(['inspect', image])).toMatchObject({
      stdout: '',
      stderr: `linkonce: ${image}: its table of opened modules is damaged: wrong checksum\n`,
      status: 1,
    });
    writeFileSync(image, whole);
    expect(verifyImage(image, loader).header).toEqual(plan.header);
  });
});
