/** The proof that ld.so made of an opened module what the files say: memory that differs in one word is refused, or is ld.so's own. */
import { describe, expect, test } from 'vitest';
import { PT } from '../../src/elf/constants.ts';
import type { OpenedMemory } from '../../src/capture/opened-capture.ts';
import { formulaOf } from '../../src/machine/relocations.ts';
import type { Module } from '../../src/program/program.ts';
import { readModule } from '../../src/program/read-module.ts';
import { soleDefinitions } from '../../src/program/sole-definition.ts';
import { openedWords, writableSegments, type OpenedWords } from '../../src/provenance/opened-module.ts';
import { Refusal } from '../../src/util/errors.ts';
import { present } from '../../src/util/present.ts';
import { hex } from '../../src/util/units.ts';
import { returning, workshop } from '../program/workshop.ts';

const shop = workshop();
const source = `
  static int own; extern int value; int f(void), missing(void) __attribute__((weak));
  int *pointers[3] = { &own, &value }; int (*weakly)(void) = missing; long plain = 7;
  int use(void) { return f(); }`;
const provider = readModule(shop.library('provider.so', `${returning('f')} int value = 1;`, '-nostdlib'));
const lazy = readModule(shop.library('lazy.so', source, '-nostdlib', '-Wl,-z,lazy'));
const now = readModule(shop.library('now.so', source, '-nostdlib', '-Wl,-z,now'));

const biases = new Map([
  [provider, 0x7000_0000_0000],
  [lazy, 0x7100_0000_0000],
  [now, 0x7200_0000_0000],
]);
const biasOf = (module: Module): number => present(biases.get(module), 'bias');

/** What ld.so makes of the module: everything bound. `change` is given the words. */
function memoryOf(module: Module, change: (memory: Words) => void): OpenedMemory {
  const segments = writableSegments(module).map(({ address, offset, fileSize }) => ({
    address,
    bytes: Buffer.from(module.elf.bytes.subarray(offset, offset + fileSize)),
  }));
  const words = new Words(segments);
  for (const { address, type, symbol, addend } of module.elf.relocations) {
    const name = module.elf.symbols.at(symbol).name;
    const found = definition(name);
    const added = formulaOf(type) === 'absolute' ? addend : 0;
    if (formulaOf(type) === 'relative') words.set(address, BigInt(biasOf(module) + addend));
    else words.set(address, found === undefined ? 0n : BigInt(found + added));
  }
  change(words);
  return { path: module.path, loadBias: biasOf(module), segments };
}

class Words {
  readonly #segments: OpenedMemory['segments'];

  constructor(segments: OpenedMemory['segments']) {
    this.#segments = segments;
  }

  set(address: number, value: bigint): void {
    const { bytes, address: start } = present(
      this.#segments.find((each) => address >= each.address && address < each.address + each.bytes.length),
      hex(address),
    );
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value), address - start);
  }
}

function definition(name: string): number | undefined {
  const { symbols } = provider.elf;
  const index = Array.from({ length: symbols.count }, (_, each) => each).find(
    (each) => each > 0 && symbols.at(each).name === name,
  );
  return index === undefined ? undefined : biasOf(provider) + symbols.at(index).value;
}

/** The words that are bound, with their modules' names. */
function boundIn({ bound }: OpenedWords): readonly { address: number; module?: string; value: number }[] {
  return bound.map(({ address, module, value }) => ({
    ...{ address, value },
    ...(module && { module: module.name }),
  }));
}

/** `provider` is one of the program's own modules. */
function judge(module: Module, change: (words: Words) => void = () => undefined): OpenedWords {
  const scope = {
    lookup: soleDefinitions([provider, module]),
    needed: new Set([provider]),
    closure: new Set([module]),
    mayBeLazy: module === lazy,
  };
  const owner = (address: number): Module | undefined =>
    address >= biasOf(provider) && address < biasOf(provider) + 0x10_0000 ? provider : undefined;
  return openedWords(module, memoryOf(module, change), scope, biasOf, owner);
}

/** Where the module's relocation of this formula and symbol writes. */
function place(module: Module, formula: string, name: string): number {
  const found = module.elf.relocations.find(
    ({ type, symbol }) => formulaOf(type) === formula && module.elf.symbols.at(symbol).name === name,
  );
  return present(found, `${formula} ${name}`).address;
}

function symbolValue({ elf: { symbols } }: Module, name: string): number {
  const index = Array.from({ length: symbols.count }, (_, each) => each).find(
    (each) => symbols.at(each).name === name,
  );
  return symbols.at(present(index, name)).value;
}

describe.each([
  ['lazy', lazy],
  ['now', now],
])('%s: what ld.so made', (_, module) => {
  test('is bound as the files say', () => {
    const words = judge(module);
    const bound = boundIn(words);
    expect(words.left).toEqual([]);
    expect(bound).toHaveLength(module.elf.relocations.length);
    expect(bound).toContainEqual({
      address: place(module, 'absolute', 'value'),
      module: provider.name,
      value: symbolValue(provider, 'value'),
    });
    expect(bound).toContainEqual({
      address: place(module, 'absolute', 'missing'),
      value: 0,
    });
    const relative = present(
      module.elf.relocations.find(({ type }) => formulaOf(type) === 'relative'),
      'relative',
    );
    expect(bound).toContainEqual({ address: relative.address, module: module.name, value: relative.addend });
  });

  const refused = (address: number, value: bigint): void => {
    expect(() => judge(module, (words) => words.set(address, value))).toThrow(Refusal);
    expect(() => judge(module, (words) => words.set(address, value))).toThrow(
      `ld.so made ${hex(value)} of the word at ${hex(address)}, and the files say `,
    );
  };

  test('differs in a pointer into the module itself', () => {
    const relative = module.elf.relocations.find(({ type }) => formulaOf(type) === 'relative');
    refused(present(relative, 'relative').address, BigInt(biasOf(module) + 8));
  });

  test('differs in a pointer to another module', () => {
    refused(place(module, 'absolute', 'value'), BigInt(biasOf(provider)));
  });

  test('has a definition of a name that nobody known defines', () => {
    refused(place(module, 'absolute', 'missing'), BigInt(biasOf(provider) + 16));
  });

  test('differs in a word that no relocation names', () => {
    const address = symbolValue(module, 'plain');
    expect(() => judge(module, (words) => words.set(address, 8n))).toThrow(
      new Refusal(`something wrote to ${hex(address)} that no relocation names`),
    );
  });

  test('is ld.so’s own in the dynamic section, and in two words of the table of slots', () => {
    const table = module.elf.segments.find(({ type }) => type === PT.DYNAMIC);
    const got = present(module.elf.dynamic?.pltGot, 'DT_PLTGOT');
    const { bound } = judge(module, (words) => {
      words.set(present(table, 'PT_DYNAMIC').address + 8, 0x1234n);
      words.set(got + 8, 0x1234n);
      words.set(got + 16, 0x1234n);
    });
    expect(bound).toHaveLength(module.elf.relocations.length);
  });
});

describe('a slot that leads back into the PLT', () => {
  const first = (module: Module, address: number): bigint => {
    const { segments, bytes } = module.elf;
    const { address: start, offset } = present(
      segments.findLast((each) => each.type === PT.LOAD && each.address <= address),
      'segment',
    );
    return BigInt(biasOf(module)) + bytes.readBigUInt64LE(offset + address - start);
  };

  test('is as ld.so leaves it where it may', () => {
    const address = place(lazy, 'jumpSlot', 'f');
    const words = judge(lazy, (memory) => memory.set(address, first(lazy, address)));
    expect(boundIn(words)).toContainEqual({
      address,
      module: provider.name,
      value: symbolValue(provider, 'f'),
    });
  });

  test('is a difference where ld.so binds at once', () => {
    const address = place(now, 'jumpSlot', 'f');
    expect(() => judge(now, (words) => words.set(address, first(now, address)))).toThrow(Refusal);
  });
});
