/** The dynamic table (gABI chapter 'Dynamic Section'): PT_DYNAMIC decoded, and the raw values of its tags. */
import { ElfError } from '../util/errors.ts';
import type { Vaddr } from '../util/units.ts';
import { DF, DF_1, DT, nameOfConstant } from './constants.ts';
import type { DynamicTable } from './elf-file.ts';
import type { LoadedBytes } from './loaded-bytes.ts';
import type { Table } from './table.ts';

const entrySize = 16;

/** The values of the tags that stand once; where a tag stands twice, ld.so and we take the last. */
export class DynamicValues {
  readonly entries: DynamicTable['entries'];
  readonly path: string;
  readonly #values: ReadonlyMap<number, bigint>;

  constructor(path: string, entries: DynamicTable['entries']) {
    this.path = path;
    this.entries = entries;
    this.#values = new Map(entries.map(({ tag, value }) => [tag, value]));
  }

  has(tag: number): boolean {
    return this.#values.has(tag);
  }

  /** Throws ElfError for values of 2^53 and above. */
  optional(tag: number): number | undefined {
    const value = this.#values.get(tag);
    if (value === undefined) return undefined;
    if (value > Number.MAX_SAFE_INTEGER) throw this.fail(tag, `value 0x${value.toString(16)} is too large`);
    return Number(value);
  }

  /** Throws ElfError where the tag is missing. */
  required(tag: number): number {
    const value = this.optional(tag);
    if (value === undefined) throw this.fail(tag, 'missing');
    return value;
  }

  /** Throws ElfError when the tag, an entry size, has another value; most linkers write it, ld.so does not look. */
  expectEntrySize(tag: number, size: number): void {
    const value = this.optional(tag) ?? size;
    if (value !== size) throw this.fail(tag, `entry size ${value}, not ${size}`);
  }

  fail(tag: number, problem: string): ElfError {
    return new ElfError(this.path, `DT_${nameOfConstant(DT, tag)}`, undefined, problem);
  }
}

/** The entries up to DT_NULL. Throws ElfError where the table has no end. */
export function readDynamicValues(table: Table): DynamicValues {
  const entries: { tag: number; value: bigint }[] = [];
  for (let at = 0; at < table.size; at += entrySize) {
    const tag = table.i64(at);
    if (tag === DT.NULL) break;
    entries.push({ tag, value: table.raw64(at + 8) });
  }
  return new DynamicValues(table.path, entries);
}

/** DT_STRTAB. Throws ElfError. */
export function dynamicStrings(values: DynamicValues, loaded: LoadedBytes): Table {
  return loaded.table('DT_STRTAB', values.required(DT.STRTAB), values.required(DT.STRSZ));
}

/** The dynamic table in plain words. Throws ElfError. */
export function readDynamic(values: DynamicValues, loaded: LoadedBytes): DynamicTable {
  const flags = values.optional(DT.FLAGS) ?? 0;
  const flags1 = values.optional(DT.FLAGS_1) ?? 0;
  return {
    ...names(values, loaded),
    flags,
    flags1,
    ...pltGot(values),
    bindNow: values.has(DT.BIND_NOW) || hasFlag(flags, DF.BIND_NOW) || hasFlag(flags1, DF_1.NOW),
    textRelocations: values.has(DT.TEXTREL) || hasFlag(flags, DF.TEXTREL),
    symbolic: values.has(DT.SYMBOLIC) || hasFlag(flags, DF.SYMBOLIC),
    entries: values.entries,
  };
}

/** What points into DT_STRTAB. */
function names(values: DynamicValues, loaded: LoadedBytes) {
  const text = (tag: number): string | undefined => {
    const at = values.optional(tag);
    return at === undefined ? undefined : dynamicStrings(values, loaded).text(at);
  };
  const soname = text(DT.SONAME);
  const rpath = text(DT.RPATH);
  const runpath = text(DT.RUNPATH);
  return {
    needed: needed(values, loaded),
    ...(soname !== undefined && { soname }),
    ...(rpath !== undefined && { rpath }),
    ...(runpath !== undefined && { runpath }),
  };
}

function needed(values: DynamicValues, loaded: LoadedBytes): string[] {
  const entries = values.entries.filter(({ tag }) => tag === DT.NEEDED);
  if (entries.length === 0) return [];
  const strings = dynamicStrings(values, loaded);
  return entries.map(({ value }) => strings.text(Number(value)));
}

function pltGot(values: DynamicValues): { pltGot?: Vaddr } {
  const address = values.optional(DT.PLTGOT);
  return address === undefined ? {} : { pltGot: address };
}

function hasFlag(flags: number, flag: number): boolean {
  return (flags & flag) !== 0;
}
