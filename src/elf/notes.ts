/** Notes (gABI chapter 'Note Section'). */
import { roundUp } from '../util/units.ts';
import { NT_GNU, PT } from './constants.ts';
import type { Note, Segment } from './elf-file.ts';
import { Table } from './table.ts';

const headerSize = 12;

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

function notesOf(table: Table, alignment: number): Note[] {
  const notes: Note[] = [];
  for (let at = 0; at + headerSize <= table.size;) {
    const [nameSize, descriptorSize] = [table.u32(at), table.u32(at + 4)];
    const descriptorAt = at + roundUp(headerSize + nameSize, alignment);
    notes.push({
      name: table
        .bytes(at + headerSize, nameSize)
        .toString('utf8')
        .replace(/\0+$/, ''),
      type: table.u32(at + 8),
      descriptor: table.bytes(descriptorAt, descriptorSize),
    });
    at = descriptorAt + roundUp(descriptorSize, alignment);
  }
  return notes;
}
