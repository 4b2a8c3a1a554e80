/**
 * What measured programs say to the models: how likely their libraries' hashed addresses collide (solution 3), and how full the
 * tables of a hashed dispatcher are (solution 4). Nothing here needs Node.
 */
import type { EntryUse } from '../image/entry-use.ts';
import type { MeasuredProgram, Measurement } from '../measure/measurement.ts';
import { nameOf } from '../measure/measurement.ts';
import { blockCollisionProbability, blocksOf, collisionProbability } from '../models/collision.ts';
import { fieldSize, fieldUnit } from '../ranges/address-format.ts';
import { literalFormat } from '../systems/hash-address/formats.ts';
import { labelsOf } from './format.ts';

/** Head and rows, the first column a name. */
export interface PlainTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const count = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (part: number): string => `${(100 * part).toPrecision(3)} %`;
const part = (of: number, all: number): string => percent(all === 0 ? 0 : of / all);

/** Of the seed's first format of 32 bits. Undefined where no program has the sizes of its libraries. */
export function libraryCollisions({ programs }: Measurement): PlainTable | undefined {
  const labels = labelsOf(programs);
  const rows = programs.flatMap((program, index) => collisionRow(program, labels[index] ?? ''));
  if (rows.length === 0) return undefined;
  return {
    head: [
      'program',
      'libraries',
      'a collision, one block each',
      'blocks',
      'a collision, as large as they are',
    ],
    rows,
  };
}

export const libraryWords =
  'The libraries of the programs in the seed’s first format, 16 bits of hash and blocks of 32 KiB: as the note counts them, and in as ' +
  'many consecutive blocks as they take. Exact: 1 − ∏ (1 − (K−i)/2^16), K blocks in all.';

function collisionRow({ librariesKb }: MeasuredProgram, label: string): string[][] {
  if (librariesKb === undefined) return [];
  const bits = Math.log2(fieldSize(literalFormat, 'H'));
  const blocks = blocksOf(librariesKb, fieldUnit(literalFormat, 'H') / 1024);
  return [
    [
      label,
      count(blocks.length),
      percent(collisionProbability(bits, blocks.length)),
      count(blocks.reduce((sum, each) => sum + each, 0)),
      percent(blockCollisionProbability(bits, blocks)),
    ],
  ];
}

/** Undefined where no system with such tables has served a program. */
export function entryTable({ programs }: Measurement): PlainTable | undefined {
  const labels = labelsOf(programs);
  const rows = programs.flatMap((program, index) => entryRows(program, labels[index] ?? ''));
  if (rows.length === 0) return undefined;
  return {
    head: [
      ...['program', 'system', 'imports', 'functions', 'entries used', 'of the tables'],
      ...['again in a module', 'again for dependencies', 'by return address', 'of the used'],
    ],
    rows,
  };
}

export const entryWords =
  'Entries of hash-dispatcher’s tables in the measured programs. Imports are those of all modules, functions the different ones among ' +
  'them. A name was hashed again so often within its module, and so often to avoid what a known dependency has. An entry of several ' +
  'functions leads to the separate space, where the return address tells the callers apart.';

function entryRows({ results }: MeasuredProgram, label: string): string[][] {
  return results.flatMap((result) => {
    if (result.status !== 'measured' || result.entries === undefined) return [];
    return [[label, nameOf(result), ...entryCells(result.entries)]];
  });
}

function entryCells(use: EntryUse): string[] {
  const { imports, functions, used, room, againInModule, againForDependencies, toldApart } = use;
  return [
    ...[imports, functions, used].map(count),
    part(used, room),
    ...[againInModule, againForDependencies, toldApart].map(count),
    part(toldApart, used),
  ];
}
