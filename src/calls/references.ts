/**
 * What the modules of a program use of each other, by kind: how often code reaches a function of another module, and
 * through what, and how many words hold an address in another module.
 */
import { PF, PT, SHN, STT } from '../elf/constants.ts';
import type { ElfSymbol, Relocation } from '../elf/elf-file.ts';
import { formulaOf } from '../machine/relocations.ts';
import type { Definition, Resolver } from '../program/definition.ts';
import type { Module, Program } from '../program/program.ts';
import { referenceKind } from '../program/reference-kind.ts';
import { createResolver } from '../program/resolver.ts';
import type { Vaddr } from '../util/units.ts';
import { readCalls } from './read-calls.ts';

/**
 * `call`: through a PLT slot. `slot-call`: through a GOT slot, as `-fno-plt` has it; whether the address that stands there
 * is also taken cannot be known, for code may load it from the same slot. `address`: a function's address, in a GOT slot
 * through which no call site goes, or in a variable. `data`: a variable, thread-local ones and copies too.
 */
export const crossReferenceKinds = ['call', 'slot-call', 'address', 'data'] as const;
export type CrossReferenceKind = (typeof crossReferenceKinds)[number];

/** What one module uses of another under one symbol and in one way. */
export interface CrossReference {
  readonly kind: CrossReferenceKind;
  readonly from: Module;
  /** The symbol of `from`, undefined there or interposed. */
  readonly symbol: ElfSymbol;
  readonly to: Module;
  /**
   * Call sites for `call` and `slot-call`, else relocations. 0 for a PLT slot that no known site uses: one that only code
   * outside of `.eh_frame` reaches, or that is called in an undecodable function.
   */
  readonly count: number;
}

/** All that one module uses of another in one way. */
export interface CrossReferencePair {
  readonly kind: CrossReferenceKind;
  readonly from: Module;
  readonly to: Module;
  readonly symbols: number;
  readonly count: number;
}

/**
 * All that resolve to a definition in another module, module by module, symbol by symbol. Throws ElfError, and
 * Refusal for a symbol that no module defines.
 */
export function crossReferences(program: Program): CrossReference[] {
  const resolver = createResolver(program);
  return program.modules.flatMap((module) => referencesOf(module, resolver));
}

/** The sums by kind and pair of modules, most first. */
export function crossReferencePairs(references: readonly CrossReference[]): CrossReferencePair[] {
  const pairs = new Map<string, { -readonly [name in keyof CrossReferencePair]: CrossReferencePair[name] }>();
  for (const { kind, from, to, count } of references) {
    const key = `${kind}\0${from.path}\0${to.path}`;
    const pair = pairs.get(key) ?? { kind, from, to, symbols: 0, count: 0 };
    pairs.set(key, pair);
    pair.symbols++;
    pair.count += count;
  }
  return [...pairs.values()].sort((a, b) => b.count - a.count);
}

/** Relocations of one symbol that lead to different definitions are apart: a copy and what it is copied from. */
function referencesOf(from: Module, resolver: Resolver): CrossReference[] {
  const sites = sitesBySlot(from);
  const found = new Map<string, CrossReference>();
  for (const relocation of from.elf.relocations) {
    if (relocation.symbol === 0) continue;
    const { symbol: index, type } = relocation;
    const definition = resolver.resolve(from, index, referenceKind(type));
    if (definition === undefined || definition.module === from) continue;
    for (const [kind, count] of usesOf(relocation, definition, sites)) {
      const key = `${kind} ${index} ${definition.module.path}`;
      const known = found.get(key);
      const symbol = known?.symbol ?? from.elf.symbols.at(index);
      found.set(key, { kind, from, symbol, to: definition.module, count: (known?.count ?? 0) + count });
    }
  }
  return [...found.values()];
}

/** How many call sites go through a slot. */
interface SlotSites {
  plt: number;
  direct: number;
}

function sitesBySlot({ elf }: Module): Map<Vaddr, SlotSites> {
  const { plt, sites } = readCalls(elf);
  const found = new Map<Vaddr, SlotSites>(plt.map(({ gotSlot }) => [gotSlot, { plt: 0, direct: 0 }]));
  for (const { kind, slot } of sites) {
    const counts = found.get(slot) ?? { plt: 0, direct: 0 };
    found.set(slot, counts);
    if (kind === 'slot-call' || kind === 'slot-jump') counts.direct++;
    else counts.plt++;
  }
  return found;
}

/** The ways in which a relocated word uses its definition, and how often. */
function usesOf(
  { type, address }: Relocation,
  definition: Definition,
  sites: ReadonlyMap<Vaddr, SlotSites>,
): [CrossReferenceKind, number][] {
  if (!isFunction(definition)) return [['data', 1]];
  const formula = formulaOf(type);
  const isSlot = formula === 'jumpSlot' || formula === 'globDat';
  const counts = isSlot ? sites.get(address) : undefined;
  const uses: [CrossReferenceKind, number][] = [];
  if (counts !== undefined && (counts.plt > 0 || counts.direct === 0)) uses.push(['call', counts.plt]);
  if (counts !== undefined && counts.direct > 0) uses.push(['slot-call', counts.direct]);
  // A slot of .plt.got is a GLOB_DAT one: something besides calls asked for it.
  if (formula !== 'jumpSlot' && (counts === undefined || counts.direct === 0)) uses.push(['address', 1]);
  return uses;
}

/** An undefined symbol with a value is a function's PLT slot, its address for all modules. Untyped ones lie where they lie. */
function isFunction({ module, symbol }: Definition): boolean {
  const { type, sectionIndex, value } = symbol;
  if (type === STT.FUNC || type === STT.GNU_IFUNC || sectionIndex === SHN.UNDEF) return true;
  if (type !== STT.NOTYPE) return false;
  return module.elf.segments.some(
    (segment) =>
      segment.type === PT.LOAD &&
      (segment.flags & PF.X) !== 0 &&
      value >= segment.address &&
      value - segment.address < segment.memorySize,
  );
}
