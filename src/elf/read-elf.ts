/**
 * Reads one ELF file for x86-64. What ld.so uses is found as ld.so finds it: from the program headers and PT_DYNAMIC, by
 * address through PT_LOAD; section headers are needed for nothing but `sections` and `plt`.
 */
import { readFileSync } from 'node:fs';
import { ElfError } from '../util/errors.ts';
import { PT } from './constants.ts';
import { readDynamic, readDynamicValues, type DynamicValues } from './dynamic.ts';
import type { ElfFile, Segment, TlsTemplate } from './elf-file.ts';
import { readFunctionRanges } from './function-ranges.ts';
import { readElfHeader, requireX8664 } from './header.ts';
import { lazy } from './lazy.ts';
import { LoadedBytes } from './loaded-bytes.ts';
import { buildIdOf, readNotes } from './notes.ts';
import { readPlt } from './plt.ts';
import { readRelocations } from './relocations.ts';
import { readSections } from './sections.ts';
import { readSegments } from './segments.ts';
import { noSymbols, readSymbols } from './symbols.ts';
import { Table } from './table.ts';

/**
 * Reads `path`. Throws ElfError for what is no ELF64 little-endian x86-64 file, for a malformed one, and for a file that
 * cannot be read.
 */
export function readElf(path: string): ElfFile {
  return decodeElf(readBytes(path), path);
}

/** The same for bytes that are in memory already; `path` is for messages. */
export function decodeElf(bytes: Buffer, path: string): ElfFile {
  const header = readElfHeader(bytes, path);
  requireX8664(header, path);
  const segments = readSegments(path, bytes, header);
  const loaded = new LoadedBytes(path, bytes, segments);
  const values = dynamicValues(segments, loaded);
  const interpreter = readInterpreter(path, bytes, segments);
  const notes = readNotes(path, bytes, segments);
  const buildId = buildIdOf(notes);
  const tls = tlsTemplate(segments);

  const sections = lazy(() => readSections(path, bytes, header));
  const relocations = lazy(() => (values ? readRelocations(values, loaded) : []));
  const symbols = lazy(() =>
    values ? readSymbols(values, loaded, { sections, relocated }) : noSymbols(path),
  );
  const plt = lazy(() => readPlt(path, bytes, sections(), relocations()));
  const functionRanges = lazy(() =>
    readFunctionRanges({ path, bytes, header, segments, sections: sections(), loaded }),
  );
  const relocated = () => relocations().reduce((most, { symbol }) => Math.max(most, symbol + 1), 1);

  return {
    ...{ path, bytes, header, segments, notes },
    ...(interpreter !== undefined && { interpreter }),
    ...(values && { dynamic: readDynamic(values, loaded) }),
    ...(buildId !== undefined && { buildId }),
    ...(tls && { tls }),
    get sections() {
      return sections();
    },
    get symbols() {
      return symbols();
    },
    get relocations() {
      return relocations();
    },
    get plt() {
      return plt();
    },
    get functionRanges() {
      return functionRanges();
    },
  };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    // 'ENOENT: no such file or directory, open …': the middle is what a person needs.
    const reason = /^\w+: (.*), \w+/.exec((error as Error).message)?.[1] ?? String(error);
    throw new ElfError(path, 'file', undefined, `cannot be read: ${reason}`);
  }
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
