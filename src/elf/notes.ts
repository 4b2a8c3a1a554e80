/** Notes (gABI chapter 'Note Section'). */
import { roundUp } from '../util/units.ts';
import { NT_GNU, PT } from './constants.ts';
import type { Note, Segment } from './elf-file.ts';
import { Table } from './table.ts';

const headerSize = 12;
const smallest = 4;

/** The notes of every PT_NOTE, in file order. Throws ElfError. */
export function readNotes(path: string, bytes: Buffer, segments: readonly Segment[]): Note[] {
  return segments
    .filter(({ type, fileSize }) => type === PT.NOTE && fileSize > 0)
    .flatMap(({ offset, fileSize, alignment }) =>
      notesOf(new Table(path, bytes, 'PT_NOTE', offset, fileSize), alignment === 8 ? 8 : 4),
    );
}

/** NT_GNU_BUILD_ID as hexadecimal digits; undefined where there is none. */
export function buildIdOf(notes: readonly Note[]): string | undefined {
  return notes
    .find(({ name, type }) => name === 'GNU' && type === NT_GNU.BUILD_ID)
    ?.descriptor.toString('hex');
}

/**
 * In a segment of alignment 8 notes of alignment 4 may stand, too: mold puts all notes into one. GNU's own have the same
 * layout by both, so that only the words that fill up to the next one of alignment 8 have to be known: they are zero.
 */
function notesOf(table: Table, alignment: number): Note[] {
  const notes: Note[] = [];
  for (let at = 0; at + headerSize <= table.size;) {
    if (at % alignment !== 0 && table.u32(at) === 0) {
      at += smallest;
      continue;
    }
    const { note, size } = noteAt(table, at);
    notes.push(note);
    at += size;
  }
  return notes;
}

function noteAt(table: Table, at: number): { note: Note; size: number } {
  const [nameSize, descriptorSize] = [table.u32(at), table.u32(at + 4)];
  const head = roundUp(headerSize + nameSize, smallest);
  const name = table
    .bytes(at + headerSize, nameSize)
    .toString('utf8')
    .replace(/\0+$/, '');
  const descriptor = table.bytes(at + head, descriptorSize);
  return {
    note: { name, type: table.u32(at + 8), descriptor },
    size: head + roundUp(descriptorSize, smallest),
  };
}
