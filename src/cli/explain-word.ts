/** One word of `linkonce explain --at`: what it is made of, and which relocation and symbol caused it. */
import type { Region } from '../capture/capture.ts';
import type { ElfSymbol, Relocation } from '../elf/elf-file.ts';
import { relocationName } from '../machine/relocations.ts';
import { referenceKind } from '../program/reference-kind.ts';
import { createResolver } from '../program/resolver.ts';
import type { Module, Program } from '../program/program.ts';
import { originalPage } from '../provenance/region-pages.ts';
import type { Explained, ProcessSource, ProcessWord } from '../provenance/explained.ts';
import { LinkonceError } from '../util/errors.ts';
import { at } from '../util/present.ts';
import { hex, pageSize, roundDown, type Address } from '../util/units.ts';
import type { WordPlace } from './options.ts';

export interface WordExplanation {
  /** `MODULE+OFFSET`. */
  readonly place: string;
  /** The first capture's. */
  readonly value: string;
  readonly meaning: string;
  readonly relocation?: string;
  readonly symbol?: string;
  readonly definedIn?: string;
}

interface Found {
  readonly region: Region;
  readonly module: Module;
  readonly address: Address;
}

/** Throws LinkonceError where the program has no such module or address. */
export function explainWord(explained: Explained, at: WordPlace): WordExplanation {
  const found = findPlace(explained, at);
  const { value, isOriginal } = readWord(explained, found);
  return {
    place: `${found.module.name}+${hex(at.offset)}`,
    value: hex(value),
    meaning: meaningOf(explained, found, value, isOriginal),
    ...cause(explained, found.module, at.offset),
  };
}

export function describeWord({
  place,
  value,
  meaning,
  relocation,
  symbol,
  definedIn,
}: WordExplanation): string {
  const lines = [`${place} holds ${value}`, `  ${meaning}`];
  if (relocation !== undefined) lines.push(`  ${relocation}${symbol === undefined ? '' : ` ${symbol}`}`);
  if (definedIn !== undefined) lines.push(`  defined in ${definedIn}`);
  return `${lines.join('\n')}\n`;
}

function findPlace({ program, regions }: Explained, { module: name, offset }: WordPlace): Found {
  const isAsked = ({ module }: Region): boolean =>
    name === undefined ? module === program.executable : module?.name === name || module?.path === name;
  const region = regions.map((each) => each.region).find(isAsked);
  if (region?.module === undefined)
    throw new LinkonceError(`${program.path} has no module ${name ?? program.path}`);
  const address = region.loadBias + offset;
  if (!region.mappings.some((mapping) => address >= mapping.start && address < mapping.end))
    throw new LinkonceError(`${region.module.name}+${hex(offset)} is not mapped`);
  return { region, module: region.module, address };
}

/** The eight bytes at a place, and whether they are those of the file. */
function readWord(
  { regions }: Explained,
  { region, address }: Found,
): { value: bigint; isOriginal: boolean } {
  const start = roundDown(address);
  const at = address - start;
  if (at + 8 > pageSize)
    throw new LinkonceError(`${hex(address)} is the end of a page: name a word inside of one`);
  const original = originalPage(region, start).readBigUInt64LE(at);
  const kept = regions.find((each) => each.region === region)?.pages.get(start);
  const value = kept?.readBigUInt64LE(at) ?? original;
  return { value, isOriginal: value === original };
}

function meaningOf(explained: Explained, { address }: Found, value: bigint, isOriginal: boolean): string {
  const own = explained.processWords.find((word) => word.address === address);
  if (own !== undefined) return `written in each process: ${describeSource(explained.program, own)}`;
  const target = targetRegion(explained, address);
  if (target === undefined)
    return isOriginal
      ? 'as in the file: the linker did not change it'
      : 'a constant: the same in every process';
  const offset = Number(value) - target.loadBias;
  return `a reference: ${target.module?.name ?? `[${target.kind}]`} ${offset < 0 ? '-' : '+'} ${hex(Math.abs(offset))}`;
}

function describeSource({ variables }: Program, { source, addend }: ProcessWord): string {
  const name = nameOfSource(variables, source);
  return addend === 0 ? name : `${name} ${addend < 0 ? '-' : '+'} ${hex(Math.abs(addend))}`;
}

function nameOfSource(variables: Program['variables'], source: ProcessSource): string {
  if (source.kind === 'auxiliary') return `auxiliary vector entry ${source.type}`;
  return source.kind === 'variable'
    ? `environment variable ${at(variables, source.index, 'variable')}`
    : source.kind;
}

function targetRegion({ references, regions }: Explained, address: Address): Region | undefined {
  const index = references.addresses.indexOf(address);
  const target = references.targets[index];
  return index < 0 || target === undefined ? undefined : regions[target]?.region;
}

/** The relocation that names the place. */
function cause(explained: Explained, module: Module, offset: number): Partial<WordExplanation> {
  const relocation = module.elf.relocations.find((each) => each.address === offset);
  if (relocation === undefined) return {};
  const named = { relocation: `${relocationName(relocation.type)} ${describeAddend(relocation)}`.trim() };
  if (relocation.symbol === 0) return named;
  const symbol = module.elf.symbols.at(relocation.symbol);
  const definition = createResolver(explained.program).resolve(
    module,
    relocation.symbol,
    referenceKind(relocation.type),
  );
  const definedIn = definition === undefined ? {} : { definedIn: definition.module.path };
  return { ...named, symbol: versionedName(symbol), ...definedIn };
}

function describeAddend({ addend }: Relocation): string {
  return addend === 0 ? '' : `addend ${hex(addend)}`;
}

function versionedName({ name, version }: ElfSymbol): string {
  return version === undefined ? name : `${name}@${version.name}`;
}
