/** The tables of relocations that ld.so reads of a prepared module, on modules made for each form that a file can have. */
import { describe, expect, test } from 'vitest';
import { DT, PT } from '../../src/elf/constants.ts';
import type { Relocation } from '../../src/elf/elf-file.ts';
import { decodeElf } from '../../src/elf/read-elf.ts';
import { formulaOf, R_X86_64 } from '../../src/machine/relocations.ts';
import type { Module } from '../../src/program/program.ts';
import { readModule } from '../../src/program/read-module.ts';
import type { DynamicEdit } from '../../src/provenance/explained.ts';
import { fileWord } from '../../src/provenance/opened-module.ts';
import { openedTables, type OpenedTables } from '../../src/provenance/opened-tables.ts';
import { Refusal } from '../../src/util/errors.ts';
import { present } from '../../src/util/present.ts';
import { workshop } from '../program/workshop.ts';

const shop = workshop();
const source = `
  int f(void), g(void), h(void); static int own; extern int other;
  int *pointers[] = { &own, &other }; int *more[40] = { &own, &own, &own };
  int use(void) { return f() + g() + h(); }`;

function library(name: string, ...flags: readonly string[]): Module {
  return readModule(shop.library(`${name}.so`, source, '-nostdlib', ...flags));
}

const lazy = library('lazy', '-Wl,-z,lazy');
const now = library('now', '-Wl,-z,now');

function slots({ elf }: Module): Relocation[] {
  return elf.relocations.filter(({ table }) => table === 'jmprel');
}

/** With these left to ld.so, and all others bound. */
function tablesWith(module: Module, left: readonly Relocation[], mayBeLazy = module === lazy): OpenedTables {
  return openedTables(module, { bound: [], left }, mayBeLazy);
}

function edit({ entries }: OpenedTables, module: Module, tag: number): DynamicEdit | undefined {
  const table = present(
    module.elf.segments.find(({ type }) => type === PT.DYNAMIC),
    'PT_DYNAMIC',
  );
  const index = present(module.elf.dynamic, 'dynamic').entries.findIndex((entry) => entry.tag === tag);
  return entries.find(({ address }) => index >= 0 && address === table.address + index * 16 + 8);
}

interface Row {
  readonly address: number;
  readonly type: number;
  readonly symbol: number;
  readonly addend: number;
}

function rowsOf(tables: Buffer, start = 0, end = tables.length): Row[] {
  return Array.from({ length: (end - start) / 24 }, (_, index) => {
    const at = start + index * 24;
    return {
      address: Number(tables.readBigUInt64LE(at)),
      type: tables.readUInt32LE(at + 8),
      symbol: tables.readUInt32LE(at + 12),
      addend: Number(tables.readBigInt64LE(at + 16)),
    };
  });
}

const plain = ({ address, type, symbol, addend }: Relocation): Row => ({ address, type, symbol, addend });

/** The rows that ld.so reads as DT_RELA's, by the edited entries. */
function relaRows(tables: OpenedTables, module: Module): Row[] {
  const [start, size] = [edit(tables, module, DT.RELA), edit(tables, module, DT.RELASZ)];
  expect(start).toMatchObject({ value: 0, isTable: true });
  return rowsOf(tables.tables, 0, present(size, 'DT_RELASZ').value);
}

/** The word is the value of DT_NULL, 0 in the file. */
function appliedRow(tables: OpenedTables, module: Module): Row {
  const { entries } = present(module.elf.dynamic, 'dynamic');
  const table = present(
    module.elf.segments.find(({ type }) => type === PT.DYNAMIC),
    'PT_DYNAMIC',
  );
  expect(tables.applied).toBe(table.address + entries.length * 16 + 8);
  expect(fileWord(module, tables.applied)).toBe(0n);
  return { address: tables.applied, type: R_X86_64.RELATIVE, symbol: 0, addend: 1 };
}

describe('nothing is left', () => {
  test.each([
    ['lazy', lazy],
    ['now', now],
  ])('%s: only the word that says how far ld.so is', (_, module) => {
    const tables = tablesWith(module, []);
    expect(relaRows(tables, module)).toEqual([appliedRow(tables, module)]);
    expect(edit(tables, module, DT.RELACOUNT)?.value).toBe(1);
    expect(edit(tables, module, DT.PLTRELSZ)?.value).toBe(0);
    expect(edit(tables, module, DT.JMPREL)).toBeUndefined();
    expect(tables.tables).toHaveLength(24);
    expect(tables.left).toBe(0);
  });

  test('entries name what the file has', () => {
    const { entries } = tablesWith(lazy, []);
    for (const { address, original } of entries) expect(fileWord(lazy, address)).toBe(BigInt(original));
    expect(entries.length).toBeGreaterThanOrEqual(4);
  });
});

describe('what is left', () => {
  test('of DT_RELA follows in its order, behind that word', () => {
    const left = lazy.elf.relocations.filter(({ type }) => formulaOf(type) === 'absolute');
    expect(left.length).toBeGreaterThan(0);
    const tables = tablesWith(lazy, left);
    expect(relaRows(tables, lazy)).toEqual([appliedRow(tables, lazy), ...left.map(plain)]);
    expect(tables.left).toBe(left.length);
  });

  test('of slots keeps its index; the others are of that word, without a symbol', () => {
    const all = slots(lazy);
    expect(all).toHaveLength(3);
    const [, second] = all;
    const tables = tablesWith(lazy, [present(second, 'slot')]);
    const table = present(edit(tables, lazy, DT.JMPREL), 'DT_JMPREL');
    const settled = { address: tables.applied, type: R_X86_64.JUMP_SLOT, symbol: 0, addend: 0 };
    // A first call may name any index.
    expect(rowsOf(tables.tables, table.value)).toEqual([settled, plain(present(second, 'slot')), settled]);
    // When it is opened, ld.so looks at them up to the last one that is left.
    expect(edit(tables, lazy, DT.PLTRELSZ)?.value).toBe(2 * 24);
    expect(relaRows(tables, lazy)).toEqual([appliedRow(tables, lazy)]);
    expect(table.value).toBe(24);
  });

  test('of slots that are bound when the module is opened stands with the rest', () => {
    const left = slots(now).slice(1);
    const tables = tablesWith(now, left);
    expect(relaRows(tables, now)).toEqual([appliedRow(tables, now), ...left.map(plain)]);
    expect(edit(tables, now, DT.JMPREL)).toBeUndefined();
    expect(edit(tables, now, DT.PLTRELSZ)?.value).toBe(0);
  });
});

describe('words that the file’s own tables only add to', () => {
  const pairs = ({ originals }: OpenedTables): [number, bigint][] =>
    Array.from({ length: originals.length / 16 }, (_, index) => [
      Number(originals.readBigUInt64LE(index * 16)),
      originals.readBigUInt64LE(index * 16 + 8),
    ]);

  test('are slots of a module that may be lazy, all of them', () => {
    expect(pairs(tablesWith(lazy, []))).toEqual(
      slots(lazy).map(({ address }) => [address, fileWord(lazy, address)]),
    );
  });

  test('are none of one that is bound when it is opened', () => {
    expect(pairs(tablesWith(now, slots(now)))).toEqual([]);
  });

  test('are those of DT_RELR, which ld.so reads no more', ({ skip }) => {
    const flags = ['-Wl,-z,now', '-Wl,-z,pack-relative-relocs'];
    const packed = attempt(() => library('packed', ...flags));
    if (!packed) return skip('the linker knows no packed relative relocations');
    const words = packed.elf.relocations.filter(({ table }) => table === 'relr');
    expect(words.length).toBeGreaterThan(3);
    const tables = tablesWith(packed, []);
    expect(edit(tables, packed, DT.RELRSZ)).toMatchObject({ value: 0, isTable: false });
    expect(pairs(tables)).toEqual(words.map(({ address }) => [address, fileWord(packed, address)]));
    for (const [, word] of pairs(tables)) expect(word).not.toBe(0n);
  });
});

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

describe('refused with its reason', () => {
  /** A copy of the module with another entry of its dynamic section. */
  const changed = (module: Module, tag: number, change: { tag?: number; value?: bigint }): Module => {
    const bytes = Buffer.from(module.elf.bytes);
    const table = present(
      module.elf.segments.find(({ type }) => type === PT.DYNAMIC),
      'PT_DYNAMIC',
    );
    const index = present(module.elf.dynamic, 'dynamic').entries.findIndex((entry) => entry.tag === tag);
    const at = table.offset + index * 16;
    if (change.tag !== undefined) bytes.writeBigUInt64LE(BigInt(change.tag), at);
    if (change.value !== undefined) bytes.writeBigUInt64LE(change.value, at + 8);
    return { ...module, elf: decodeElf(bytes, module.path) };
  };

  test('tables that overlap', () => {
    const { entries } = present(lazy.elf.dynamic, 'dynamic');
    const size = present(
      entries.find(({ tag }) => tag === DT.RELASZ),
      'DT_RELASZ',
    ).value;
    const both = changed(lazy, DT.RELASZ, { value: size + 24n });
    expect(() => tablesWith(both, [])).toThrow(new Refusal('its tables of relocations overlap'));
  });

  test('relocations without addends', () => {
    const older = changed(lazy, DT.RELACOUNT, { tag: DT.REL });
    expect(() => tablesWith(older, [])).toThrow(new Refusal('it has relocations without addends'));
  });

  test('no DT_RELA', () => {
    const text = 'int f(void); int use(void) { return f(); }';
    const bare = readModule(shop.library('slots-only.so', text, '-nostdlib', '-Wl,-z,lazy'));
    expect(slots(bare)).toHaveLength(1);
    expect(() => openedTables(bare, { bound: [], left: [] }, true)).toThrow(new Refusal('it has no DT_RELA'));
  });
});
