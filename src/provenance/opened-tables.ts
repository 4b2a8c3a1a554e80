/**
 * The tables of relocations that ld.so reads of a prepared module, and the entries of its dynamic section that lead there.
 *
 * The first relocation is of a word that shows that ld.so has begun to relocate the module: the value of DT_NULL, which means nothing.
 * What is left of DT_RELA follows. Slots that ld.so may leave to the first call keep their table, since a call names its relocation by
 * the index; but a slot that is bound is none of ld.so's business any more: its relocation is of that same word, without a symbol,
 * and so does no harm whether ld.so binds it now or never (elf_machine_lazy_rel and elf_machine_rela of glibc's dl-machine.h).
 */
import { DT, PT } from '../elf/constants.ts';
import type { Relocation } from '../elf/elf-file.ts';
import { formulaOf, R_X86_64 } from '../machine/relocations.ts';
import type { Module } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Vaddr } from '../util/units.ts';
import type { DynamicEdit, PreparedModule } from './explained.ts';
import type { OpenedWords } from './opened-module.ts';
import { fileWord } from './opened-module.ts';

const entrySize = 24;

type Row = Pick<Relocation, 'address' | 'type' | 'symbol' | 'addend'>;

export type OpenedTables = Pick<PreparedModule, 'applied' | 'tables' | 'entries' | 'originals' | 'left'>;

/** Throws Refusal where the module's own tables are not such as can be replaced. */
export function openedTables(module: Module, words: OpenedWords, mayBeLazy: boolean): OpenedTables {
  const dynamic = new DynamicValuesAt(module);
  const applied = dynamic.end;
  const slots = slotTable(module, words, applied, mayBeLazy);
  const isInSlots = ({ table }: Relocation): boolean => table === 'jmprel' && mayBeLazy;
  const rows: Row[] = [
    { address: applied, type: R_X86_64.RELATIVE, symbol: 0, addend: 1 },
    ...words.left.filter((relocation) => !isInSlots(relocation)),
  ];
  const slotsAt = rows.length * entrySize;
  const tables = Buffer.concat([encodeRows(rows), encodeRows(slots.rows)]);
  const edits = [
    ...dynamic.edit(DT.RELA, 0, true),
    ...dynamic.edit(DT.RELASZ, slotsAt),
    ...dynamic.edit(DT.RELACOUNT, 1),
    ...dynamic.edit(DT.RELRSZ, 0),
    ...(slots.rows.length > 0 ? dynamic.edit(DT.JMPREL, slotsAt, true) : []),
    ...dynamic.edit(DT.PLTRELSZ, slots.used * entrySize),
  ];
  return {
    applied,
    tables,
    entries: edits,
    originals: originals(module, mayBeLazy),
    left: words.left.length,
  };
}

/** `used`: so many from the first on does ld.so look at when it opens the module. */
function slotTable(
  { elf }: Module,
  { left }: OpenedWords,
  applied: Vaddr,
  mayBeLazy: boolean,
): { readonly rows: readonly Row[]; readonly used: number } {
  const kept = new Set<Row>(left);
  const all = elf.relocations.filter(({ table }) => table === 'jmprel');
  const used = all.findLastIndex((each) => kept.has(each)) + 1;
  if (!mayBeLazy || used === 0) return { rows: [], used: 0 };
  const settled: Row = { address: applied, type: R_X86_64.JUMP_SLOT, symbol: 0, addend: 0 };
  return { rows: all.map((each) => (kept.has(each) ? each : settled)), used };
}

function encodeRows(rows: readonly Row[]): Buffer {
  const bytes = Buffer.alloc(rows.length * entrySize);
  rows.forEach(({ address, type, symbol, addend }, index) => {
    const start = index * entrySize;
    bytes.writeBigUInt64LE(BigInt(address), start);
    bytes.writeUInt32LE(type, start + 8);
    bytes.writeUInt32LE(symbol, start + 12);
    bytes.writeBigInt64LE(BigInt(addend), start + 16);
  });
  return bytes;
}

/** Words to which the file's own tables only add: those of RELR, and slots that are left to the first call. */
function originals(module: Module, mayBeLazy: boolean): Buffer {
  const isAddedTo = ({ table, type }: Relocation): boolean =>
    table === 'relr' || (mayBeLazy && table === 'jmprel' && formulaOf(type) === 'jumpSlot');
  const words = module.elf.relocations.filter(isAddedTo);
  const bytes = Buffer.alloc(words.length * 16);
  words.forEach(({ address }, index) => {
    bytes.writeBigUInt64LE(BigInt(address), index * 16);
    bytes.writeBigUInt64LE(fileWord(module, address), index * 16 + 8);
  });
  return bytes;
}

/** The dynamic section's entries, and where their values stand. */
class DynamicValuesAt {
  readonly #values: readonly { readonly tag: number; readonly value: bigint }[];
  readonly #start: Vaddr;

  constructor({ elf }: Module) {
    this.#values = present(elf.dynamic, 'dynamic section').entries;
    this.#start = present(
      elf.segments.find(({ type }) => type === PT.DYNAMIC),
      'PT_DYNAMIC',
    ).address;
    if (!this.#has(DT.RELA)) throw new Refusal('it has no DT_RELA');
    if (this.#has(DT.REL)) throw new Refusal('it has relocations without addends');
    this.#requireApart();
  }

  /** Of DT_NULL's value. */
  get end(): Vaddr {
    return this.#start + this.#values.length * 16 + 8;
  }

  #has(tag: number): boolean {
    return this.#values.some((entry) => entry.tag === tag);
  }

  #value(tag: number): number {
    const entry = this.#values.findLast((each) => each.tag === tag);
    return entry ? Number(entry.value) : 0;
  }

  /** Some linkers count the slots' table in DT_RELASZ, too (gABI, DT_PLTRELSZ). */
  #requireApart(): void {
    const [start, slots] = [this.#value(DT.RELA), this.#value(DT.JMPREL)];
    if (slots < start + this.#value(DT.RELASZ) && start < slots + this.#value(DT.PLTRELSZ))
      throw new Refusal('its tables of relocations overlap');
  }

  /** Nothing where the module has no such entry. */
  edit(tag: number, value: number, isTable = false): DynamicEdit[] {
    return this.#values.flatMap((entry, index) =>
      entry.tag === tag
        ? [{ address: this.#start + index * 16 + 8, value, isTable, original: Number(entry.value) }]
        : [],
    );
  }
}
