/**
 * The relocated pages of one module that a program opens: which words are bound in advance, what is left to ld.so, and the proof that
 * ld.so made the same of them when it opened the module itself.
 */
import type { OpenedMemory } from '../capture/opened-capture.ts';
import { PF, PT } from '../elf/constants.ts';
import type { Relocation, Segment } from '../elf/elf-file.ts';
import { formulaOf } from '../machine/relocations.ts';
import type { Module } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import { at, present } from '../util/present.ts';
import type { Address, Vaddr } from '../util/units.ts';
import { hex } from '../util/units.ts';
import type { OpenedScope, OpenedWord } from './opened-words.ts';
import { openedWord } from './opened-words.ts';

/** A word that is bound in advance. */
export interface BoundWord {
  readonly address: Vaddr;
  /** Absent: a number. */
  readonly module: Module | undefined;
  /** Relative to the module's load bias. */
  readonly value: number;
}

export interface OpenedWords {
  readonly bound: readonly BoundWord[];
  /** In the order of the file's tables. */
  readonly left: readonly Relocation[];
}

/** Where modules were in the process in which ld.so opened them. */
export type BiasOf = (module: Module) => Address;

/** Throws Refusal where ld.so made something else than the files say. */
export function openedWords(
  module: Module,
  memory: OpenedMemory,
  scope: OpenedScope,
  biasOf: BiasOf,
  ownerOf: (address: Address) => Module | undefined,
): OpenedWords {
  const captured = new CapturedWords(module, memory);
  const bound: BoundWord[] = [];
  const left: Relocation[] = [];
  for (const relocation of module.elf.relocations) {
    const { address } = relocation;
    const word = settled(openedWord(module, relocation, scope), captured.word(address), biasOf, ownerOf);
    if (!word) left.push(relocation);
    else {
      requireSame(module, relocation, captured.word(address), word, biasOf, scope);
      bound.push({ address, ...word });
    }
    captured.explain(relocation);
  }
  captured.requireExplained();
  return { bound, left };
}

type Value = Pick<BoundWord, 'module' | 'value'>;

/** What an IFUNC of a needed module chose stands in the word, where ld.so bound it. */
function settled(
  word: OpenedWord,
  captured: bigint,
  biasOf: BiasOf,
  ownerOf: (address: Address) => Module | undefined,
): Value | undefined {
  if (word.kind === 'left') return undefined;
  if (word.kind === 'value') return word;
  const owner = ownerOf(Number(captured));
  return owner === word.module ? { module: owner, value: Number(captured) - biasOf(owner) } : undefined;
}

/** A slot that ld.so could leave to the first call leads back into the module's PLT. */
function requireSame(
  module: Module,
  { address, type }: Relocation,
  captured: bigint,
  { module: owner, value }: Value,
  biasOf: BiasOf,
  { mayBeLazy }: OpenedScope,
): void {
  const expected = BigInt.asUintN(64, BigInt(value + (owner ? biasOf(owner) : 0)));
  if (captured === expected) return;
  const isLazy = mayBeLazy && formulaOf(type) === 'jumpSlot';
  if (isLazy && captured === fileWord(module, address) + BigInt(biasOf(module))) return;
  throw new Refusal(
    `ld.so made ${hex(captured)} of the word at ${hex(address)}, and the files say ${hex(expected)}`,
  );
}

/** What the file has of the word. Throws Refusal where it has none. */
export function fileWord({ elf }: Module, address: Vaddr): bigint {
  const segment = elf.segments.find((each) => each.type === PT.LOAD && contains(each, address));
  if (!segment)
    throw new Refusal(`a relocation of the word at ${hex(address)}, which the file does not have`);
  return elf.bytes.readBigUInt64LE(segment.offset + address - segment.address);
}

function contains(segment: Segment, address: Vaddr): boolean {
  return address >= segment.address && address + 8 <= segment.address + segment.fileSize;
}

/** The writable segments as ld.so left them, and as the file has them, in which what is explained takes ld.so's place. */
class CapturedWords {
  readonly #module: Module;
  readonly #parts: readonly { readonly address: Vaddr; readonly bytes: Buffer; readonly known: Buffer }[];

  constructor(module: Module, { segments }: OpenedMemory) {
    this.#module = module;
    this.#parts = segments.map(({ address, bytes }) => {
      const load = module.elf.segments.find((each) => each.type === PT.LOAD && each.address === address);
      const { offset } = present(load, 'segment of a capture');
      return { address, bytes, known: Buffer.from(module.elf.bytes.subarray(offset, offset + bytes.length)) };
    });
    this.#explainLinker();
  }

  /** The dynamic section, in which ld.so adds the load bias to pointers, and what it keeps in the first words of the table of slots. */
  #explainLinker(): void {
    const { segments, dynamic } = this.#module.elf;
    const table = at(
      segments.filter(({ type }) => type === PT.DYNAMIC),
      0,
      'dynamic section',
    );
    this.#take(table.address, table.fileSize);
    if (dynamic?.pltGot !== undefined) this.#take(dynamic.pltGot + 8, 16);
  }

  word(address: Vaddr): bigint {
    const part = this.#parts.find(
      (each) => address >= each.address && address + 8 <= each.address + each.bytes.length,
    );
    if (!part)
      throw new Refusal(
        `a relocation of the word at ${hex(address)}, which is not in a writable segment of the file`,
      );
    return part.bytes.readBigUInt64LE(address - part.address);
  }

  explain({ address, type }: Relocation): void {
    this.#take(address, formulaOf(type) === 'tlsDescriptor' ? 16 : 8);
  }

  #take(address: Vaddr, length: number): void {
    for (const part of this.#parts) {
      const from = address - part.address;
      if (from >= 0 && from < part.bytes.length) part.bytes.copy(part.known, from, from, from + length);
    }
  }

  requireExplained(): void {
    for (const { address, bytes, known } of this.#parts) {
      if (bytes.equals(known)) continue;
      const first = bytes.findIndex((byte, index) => byte !== known[index]);
      throw new Refusal(`something wrote to ${hex(address + first)} that no relocation names`);
    }
  }
}

/** The PT_LOAD segments that ld.so maps writable. */
export function writableSegments({ elf }: Module): Segment[] {
  return elf.segments.filter(({ type, flags }) => type === PT.LOAD && (flags & PF.W) !== 0);
}
