/** What an image says of the modules that its program opens: docs/formats/image.md. */
import type { DecodedOpened, OpenedRow } from '../image/decode-opened.ts';
import { openedTables } from '../image/plan-layout.ts';
import { at } from '../util/present.ts';
import { hex } from '../util/units.ts';

type Field = string | number;
type Row = Readonly<Record<string, Field | readonly Readonly<Record<string, Field>>[]>>;

/** Scalars of the head, and `opened_modules`, each with its pieces. `image`: its path. */
export function describeOpened(opened: DecodedOpened, image: string): Readonly<Record<string, unknown>> {
  const pieces = opened.rows('pieces');
  const files = opened.rows('files');
  const describePiece = ({ address, length, offset, file }: OpenedRow<'pieces'>) => {
    const source = at(files, Number(file), 'file');
    const place = { address: hex(address), length: hex(length), offset: hex(offset) };
    return { ...place, file: source.inode === 0n ? image : opened.text(source.path) };
  };
  const modules = opened.rows('modules').map((row): Row => {
    const first = Number(row.first_piece);
    const own = pieces.slice(first, first + Number(row.pieces_count));
    return { path: opened.text(row.path), ...moduleFields(row), pieces: own.map(describePiece) };
  });
  return { ...headFields(opened), opened_modules: modules };
}

/** Where the tables are is left out: the rows themselves are shown. */
function headFields({ head }: DecodedOpened): Readonly<Record<string, Field>> {
  const places = Object.keys(openedTables).flatMap((name) => [`${name}_offset`, `${name}_count`]);
  const fields = Object.entries(head).filter(([name]) => !places.includes(name));
  return Object.fromEntries(
    fields.map(([name, value]) => [`opened_${name}`, isCount(name) ? Number(value) : hex(value)]),
  );
}

const placed = new Set(['path', 'first_piece', 'pieces_count', 'first_edit', 'edits_count']);

function moduleFields(row: OpenedRow<'modules'>): Readonly<Record<string, Field>> {
  const fields = Object.entries(row).filter(([name]) => !placed.has(name));
  return {
    ...Object.fromEntries(
      fields.map(([name, value]) => [name, isCount(name) ? Number(value) : hex(value)] as const),
    ),
    edits: Number(row.edits_count),
  };
}

/** All others are addresses and lengths. */
function isCount(name: string): boolean {
  return /^(inode|size|owner|first_maps|status_call|relocations_size|[mc]time_\w+)$/.test(name);
}
