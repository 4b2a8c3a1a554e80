/**
 * The named functions and frames of a file, for tools. Only the tables that have them are read, at their places in memory that has the
 * file's size and costs nothing elsewhere: a program may have hundreds of megabytes of modules.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';
import { PT } from './constants.ts';
import type { FrameIndex } from './frame-index.ts';
import { frameIndex } from './frame-index.ts';
import type { NamedFunction } from './functions.ts';
import { functionTable, namedFunctions } from './functions.ts';
import { readElfHeader } from './header.ts';
import { readSections } from './sections.ts';
import { readSegments } from './segments.ts';
import { elfHeader } from './structures.ts';

export interface Names {
  readonly functions: readonly NamedFunction[];
  readonly frames: FrameIndex | undefined;
}

/** Those of a file whose load bias is `bias`; none where its tables are damaged. Throws the system's error for a file that is not there. */
export function readNames(path: string, bias: number): Names {
  const file = openSync(path, 'r');
  try {
    return namesOf(path, file, bias);
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return { functions: [], frames: undefined };
  } finally {
    closeSync(file);
  }
}

function namesOf(path: string, file: number, bias: number): Names {
  const bytes = Buffer.alloc(fstatSync(file).size);
  const load = (offset: number, size: number): void => {
    const end = Math.min(offset + size, bytes.length);
    for (let at = offset; at < end;) {
      const got = readSync(file, bytes, at, end - at, at);
      if (got === 0) return;
      at += got;
    }
  };
  load(0, elfHeader.size);
  const header = readElfHeader(bytes, path);
  load(header.programHeaderOffset, header.programHeaderCount * header.programHeaderSize);
  load(header.sectionHeaderOffset, header.sectionHeaderCount * header.sectionHeaderSize);
  const segments = readSegments(path, bytes, header);
  const sections = readSections(path, bytes, header);
  const table = functionTable(sections);
  for (const { offset, size } of table ? [table.symbols, table.strings] : []) load(offset, size);
  for (const { type, offset, fileSize } of segments) if (type === PT.GNU_EH_FRAME) load(offset, fileSize);
  return { functions: table ? namedFunctions(bytes, table) : [], frames: frameIndex(bytes, segments, bias) };
}
