/** A table of symbols for tools: of each module its name, and its functions at the addresses that processes have them at. */
import { firstFrom } from '../util/search.ts';
import type { Address } from '../util/units.ts';
import { SHN, STB, STT } from './constants.ts';
import type { FrameIndex } from './frame-index.ts';
import type { NamedFunction } from './functions.ts';
import { symbolEntry } from './structures.ts';

/** Code of one module, or of none. */
export interface NamedCode {
  /** What people call it: the text of a symbol before its functions (STT_FILE). */
  readonly name: string;
  /** Added to what their symbols say. */
  readonly bias: number;
  readonly functions: readonly NamedFunction[];
  /** How they are unwound, if that is known. */
  readonly frames?: FrameIndex | undefined;
}

/** Each symbol is defined in one of these (st_shndx). */
export interface CodeSection {
  readonly address: Address;
  readonly length: number;
}

export interface EncodedSymbols {
  readonly table: Buffer;
  readonly strings: Buffer;
  /** Index of the first symbol that is not local (sh_info). */
  readonly firstGlobal: number;
}

/** A symbol as it will stand. */
interface Placed extends NamedFunction {
  readonly section: number;
}

/** `sections` ascend, and the first has the index `firstIndex`. Functions in none of them are left out. */
export function encodeSymbols(
  code: readonly NamedCode[],
  sections: readonly CodeSection[],
  firstIndex: number,
): EncodedSymbols {
  const locals: Placed[] = [];
  const globals: Placed[] = [];
  for (const { name, bias, functions } of code) {
    const inside = functions.flatMap((each) => placed(each, bias, sections, firstIndex) ?? []);
    if (inside.length === 0) continue;
    locals.push(fileSymbol(name), ...inside.filter(isLocal));
    for (const each of inside) if (!isLocal(each)) globals.push(each);
  }
  return { ...encode([...locals, ...globals]), firstGlobal: locals.length + 1 };
}

function isLocal({ info }: NamedFunction): boolean {
  return (info & 0xff) >> 4 === STB.LOCAL;
}

function placed(
  symbol: NamedFunction,
  bias: number,
  sections: readonly CodeSection[],
  firstIndex: number,
): Placed | undefined {
  const value = symbol.value + bias;
  const index = firstFrom(0, sections.length, (each) => sections[each]!.address > value) - 1;
  const section = sections[index];
  if (!section || value >= section.address + section.length) return undefined;
  return { ...symbol, value, section: firstIndex + index };
}

function fileSymbol(name: string): Placed {
  const strings = Buffer.from(name);
  return {
    ...{ strings, start: 0, end: strings.length },
    info: STT.FILE,
    value: 0,
    size: 0,
    section: SHN.ABS,
  };
}

/** Symbol 0 is none, and string 0 is empty. */
function encode(symbols: readonly Placed[]): { readonly table: Buffer; readonly strings: Buffer } {
  const table = Buffer.alloc((symbols.length + 1) * symbolEntry.size);
  const strings = Buffer.alloc(symbols.reduce((sum, { start, end }) => sum + end - start + 1, 1));
  let at = 0;
  let next = 1;
  for (const { strings: source, start, end, info, section, value, size } of symbols) {
    at += symbolEntry.size;
    table.writeUInt32LE(next, at);
    table.writeUInt16LE(info, at + 4);
    table.writeUInt16LE(section, at + 6);
    table.writeBigUInt64LE(BigInt(value), at + 8);
    table.writeBigUInt64LE(BigInt(size), at + 16);
    next += source.copy(strings, next, start, end) + 1;
  }
  return { table, strings };
}

/** A function that no module has. */
export function ownFunction(name: string, value: number, size: number): NamedFunction {
  const strings = Buffer.from(name);
  return { strings, start: 0, end: strings.length, info: (STB.GLOBAL << 4) | STT.FUNC, value, size };
}
