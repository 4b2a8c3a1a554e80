import { PT } from './constants.ts';
import { readDynamic, readDynamicValues, type DynamicValues } from './dynamic.ts';
import type {
  DynamicTable,
  ElfFile,
  ElfHeader,
  FunctionRange,
  Note,
  PltSlot,
  Relocation,
  Section,
  Segment,
  SymbolTable,
  TlsTemplate,
} from './elf-file.ts';
import { readFunctionRanges } from './function-ranges.ts';
import { readElfHeader, requireNative } from './header.ts';
import { LoadedBytes } from './loaded-bytes.ts';
import { buildIdOf, readNotes } from './notes.ts';
import { readPlt } from './plt.ts';
import { readRelocations } from './relocations.ts';
import { readSections } from './sections.ts';
import { readSegments } from './segments.ts';
import { noSymbols, readSymbols } from './symbols.ts';
import { Table } from './table.ts';

/**
 * An ELF file whose tables are decoded when first asked for. A class, so that all files have one shape with their
 * getters in one place: look-ups ask the files of a program for their symbols millions of times.
 */
export class DecodedElf implements ElfFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly header: ElfHeader;
  readonly segments: readonly Segment[];
  readonly notes: readonly Note[];
  // Declared only: what the file does not have is absent, not undefined.
  declare readonly interpreter?: string;
  declare readonly dynamic?: DynamicTable;
  declare readonly buildId?: string;
  declare readonly tls?: TlsTemplate;
  readonly #loaded: LoadedBytes;
  readonly #values: DynamicValues | undefined;
  #sections: readonly Section[] | undefined;
  #symbols: SymbolTable | undefined;
  #relocations: readonly Relocation[] | undefined;
  #plt: readonly PltSlot[] | undefined;
  #functionRanges: readonly FunctionRange[] | undefined;

  /** Throws ElfError. */
  constructor(bytes: Buffer, path: string) {
    this.path = path;
    this.bytes = bytes;
    this.header = readElfHeader(bytes, path);
    requireNative(this.header, path);
    this.segments = readSegments(path, bytes, this.header);
    this.notes = readNotes(path, bytes, this.segments);
    this.#loaded = new LoadedBytes(path, bytes, this.segments);
    this.#values = dynamicValues(this.segments, this.#loaded);
    Object.assign(this, optionalParts(this, this.#values && readDynamic(this.#values, this.#loaded)));
  }

  get sections(): readonly Section[] {
    return (this.#sections ??= readSections(this.path, this.bytes, this.header));
  }

  get symbols(): SymbolTable {
    return (this.#symbols ??= this.#readSymbols());
  }

  get relocations(): readonly Relocation[] {
    return (this.#relocations ??= this.#values ? readRelocations(this.#values, this.#loaded) : []);
  }

  get plt(): readonly PltSlot[] {
    return (this.#plt ??= readPlt(this.path, this.bytes, this.sections, this.relocations));
  }

  get functionRanges(): readonly FunctionRange[] {
    return (this.#functionRanges ??= readFunctionRanges(this, this.#loaded));
  }

  #readSymbols(): SymbolTable {
    if (this.#values === undefined) return noSymbols(this.path);
    return readSymbols(this.#values, this.#loaded, {
      sections: () => this.sections,
      relocated: () => this.relocations.reduce((most, { symbol }) => Math.max(most, symbol + 1), 1),
    });
  }
}

/** The parts that not every file has. */
function optionalParts({ path, bytes, segments, notes }: DecodedElf, dynamic: DynamicTable | undefined) {
  const interpreter = readInterpreter(path, bytes, segments);
  const buildId = buildIdOf(notes);
  const tls = tlsTemplate(segments);
  return {
    ...(interpreter !== undefined && { interpreter }),
    ...(dynamic && { dynamic }),
    ...(buildId !== undefined && { buildId }),
    ...(tls && { tls }),
  };
}

/**
 * PT_DYNAMIC, by its address, as ld.so; undefined where the file has none, or has it without its bytes, as files of
 * debugging information do.
 */
function dynamicValues(segments: readonly Segment[], loaded: LoadedBytes): DynamicValues | undefined {
  const segment = segments.find(({ type, fileSize }) => type === PT.DYNAMIC && fileSize > 0);
  return segment && readDynamicValues(loaded.table('PT_DYNAMIC', segment.address, segment.fileSize));
}

function readInterpreter(path: string, bytes: Buffer, segments: readonly Segment[]): string | undefined {
  const segment = segments.find(({ type, fileSize }) => type === PT.INTERP && fileSize > 0);
  return segment && new Table(path, bytes, 'PT_INTERP', segment.offset, segment.fileSize).text(0);
}

function tlsTemplate(segments: readonly Segment[]): TlsTemplate | undefined {
  const segment = segments.find(({ type }) => type === PT.TLS);
  if (segment === undefined) return undefined;
  const { address, fileSize, memorySize, alignment } = segment;
  return { address, fileSize, memorySize, alignment };
}
