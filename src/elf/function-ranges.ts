/** Finds `.eh_frame` in a file: by its section header, else by PT_GNU_EH_FRAME, whose header points to it. */
import { Cursor } from './cursor.ts';
import { ET, PT, SHT } from './constants.ts';
import { frameRanges, type FrameTable } from './eh-frame.ts';
import type { ElfFile, FunctionRange, Section } from './elf-file.ts';
import { DW_EH_PE, readEncodedPointer } from './encoded-pointer.ts';
import type { LoadedBytes } from './loaded-bytes.ts';
import { Table } from './table.ts';

/** The parts of an ELF file that lead to its function ranges. */
type FrameSources = Pick<ElfFile, 'path' | 'bytes' | 'header' | 'segments' | 'sections'>;

/** Function ranges; empty without `.eh_frame` and in object files, where nothing has an address yet. Throws ElfError. */
export function readFunctionRanges(sources: FrameSources, loaded: LoadedBytes): FunctionRange[] {
  if (sources.header.type === ET.REL) return [];
  const section = sources.sections.find(({ name }) => name === '.eh_frame');
  const frames = section ? sectionFrames(sources, section) : segmentFrames(sources, loaded);
  return frames === undefined ? [] : frameRanges(frames);
}

/** Undefined where the section has no bytes, as in files of debugging information. */
function sectionFrames({ path, bytes }: FrameSources, section: Section): FrameTable | undefined {
  if (section.type === SHT.NOBITS) return undefined;
  const table = new Table(path, bytes, '.eh_frame', section.offset, section.size);
  return { table, address: section.address, endsWithZero: false };
}

/** `.eh_frame_hdr`: version, three encodings, then the pointer to `.eh_frame`. */
function segmentFrames({ path, bytes, segments }: FrameSources, loaded: LoadedBytes): FrameTable | undefined {
  const segment = segments.find(({ type, fileSize }) => type === PT.GNU_EH_FRAME && fileSize > 0);
  if (segment === undefined) return undefined;
  const header = new Table(path, bytes, 'PT_GNU_EH_FRAME', segment.offset, segment.fileSize);
  if (header.u8(0) !== 1) throw header.fail(0, `version ${header.u8(0)}, not 1`);
  const encoding = header.u8(1);
  if (encoding === DW_EH_PE.omit) return undefined;
  const address = readEncodedPointer(new Cursor(header, 4), encoding, segment.address, segment.address);
  return { table: loaded.rest('.eh_frame', address), address, endsWithZero: true };
}
