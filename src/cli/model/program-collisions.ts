/** `linkonce model collision --program`: the libraries of real programs, in the blocks that they really take. */
import path from 'node:path';
import type { Random } from '../../models/collision.ts';
import {
  areOverlapping,
  blockCollisionProbability,
  blocksOf,
  collisionProbability,
  simulateCollisions,
} from '../../models/collision.ts';
import type { LibrarySize } from '../../models/library-sizes.ts';
import { librarySizes } from '../../models/library-sizes.ts';
import type { Simulated } from '../../models/wilson.ts';
import { loadProgram } from '../../program/load-program.ts';
import { fieldUnit } from '../../ranges/address-format.ts';
import { hashName } from '../../ranges/hash-name.ts';
import { literalFormat } from '../../systems/hash-address/formats.ts';
import { count, percent } from './output.ts';

/** What the seed gives a library's code, before it goes on in the following blocks: 32 KiB. */
export const blockBytes = fieldUnit(literalFormat, 'H');

interface Asked {
  readonly bits: number;
  readonly trials: number;
  readonly random: Random;
}

export interface ProgramCollision {
  /** As it was typed. */
  readonly program: string;
  readonly libraries: number;
  /** Of each library, in the linker's order. */
  readonly blocks: readonly number[];
  /** As if each library had one block. */
  readonly oneBlock: number;
  readonly exact: number;
  readonly simulated: Simulated;
  /** Whether the hashes of their own names, at these sizes, do collide. */
  readonly isCollision: boolean;
}

/** One for each program; of several, a last one of all their libraries, as a store has them. */
export function programCollisions(names: readonly string[], asked: Asked): readonly ProgramCollision[] {
  const programs = names.map((name) => [name, librarySizes(loadProgram(name))] as const);
  const rows = programs.map(([name, sizes]) => collisionOf(name, sizes, asked));
  if (programs.length === 1) return rows;
  const all = new Map(programs.flatMap(([, sizes]) => sizes.map((each) => [each.path, each] as const)));
  return [...rows, collisionOf('all together', [...all.values()], asked)];
}

function collisionOf(program: string, sizes: readonly LibrarySize[], asked: Asked): ProgramCollision {
  const { bits, trials, random } = asked;
  const blocks = blocksOf(
    sizes.map(({ bytes }) => bytes),
    blockBytes,
  );
  const arcs = sizes.map(({ name }, index) => ({
    first: hashName(name, 2 ** bits),
    length: blocks[index] ?? 0,
  }));
  return {
    ...{ program, libraries: sizes.length, blocks },
    oneBlock: collisionProbability(bits, sizes.length),
    exact: blockCollisionProbability(bits, blocks),
    simulated: simulateCollisions({ bits, blocks, trials, random }),
    isCollision: areOverlapping(2 ** bits, arcs),
  };
}

export function programTable(rows: readonly ProgramCollision[], { bits, trials }: Omit<Asked, 'random'>) {
  return {
    title:
      `${String(bits)} bits of hash, blocks of ${count(blockBytes / 1024)} KiB: a collision among the libraries of a program, each ` +
      `in one block, or in as many as it takes (exact, and what ${count(trials)} trials say); whether the hashes of their names do collide`,
    head: ['program', 'libraries', 'one each', 'blocks', 'exact', 'trials', 'names'],
    rows: rows.map(({ program, libraries, blocks, oneBlock, exact, simulated, isCollision }) => [
      path.basename(program),
      count(libraries),
      percent(oneBlock),
      count(blocks.reduce((sum, each) => sum + each, 0)),
      percent(exact),
      `${percent(simulated.low)}–${percent(simulated.high)}`,
      isCollision ? 'collide' : 'apart',
    ]),
  };
}
