/** `linkonce model collision`: how likely hashed names want the same address. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { hashName } from '../../ranges/hash-name.ts';
import {
  approximateCollisionProbability,
  blockCollisionProbability,
  collisionProbability,
  librariesAtProbability,
  simulateCollisions,
} from '../../models/collision.ts';
import { collidingPairs, pairsOf, readNames, sampleCollisions } from '../../models/named-collisions.ts';
import { standingOf } from '../../models/wilson.ts';
import { LinkonceError } from '../../util/errors.ts';
import { createRandom } from '../../util/random.ts';
import { atMost, collected, counts, hashBits, positiveInteger, wholeNumber } from '../options.ts';
import { count, interval, percent, writeModel } from './output.ts';

interface CollisionOptions {
  readonly bits: number;
  readonly libraries: number;
  /** One for all libraries, or one for each. */
  readonly blocks: readonly number[];
  readonly program: readonly string[];
  readonly simulate?: number;
  readonly names?: string;
  readonly seed: number;
  readonly json?: boolean;
}

export function registerCollision(model: Command): void {
  model
    .command('collision')
    .summary('how likely it is that hashed names collide')
    .description(
      'How likely it is that libraries whose addresses are hashes of their names want the same one: exactly, by the usual ' +
        'approximation, by simulation, by real names (models/data has those of Debian), and for the libraries of real programs.',
    )
    .option('--bits <n>', 'of the hash', hashBits, 16)
    .option('--libraries <n>', 'of a program, up to 1,000,000', atMost(1_000_000), 300)
    .option(
      '--blocks <list>',
      'consecutive blocks that each takes; several by commas: of one library each',
      counts,
      [1],
    )
    .option(
      '--program <program>',
      'libraries of a real program, by their sizes; may be given several times',
      collected,
      [],
    )
    .option('--simulate <trials>', 'throw dice so often', positiveInteger)
    .option('--names <file>', 'names of libraries, one a line: their own hashes, and random choices of them')
    .option('--seed <n>', 'of the dice', wholeNumber, 1)
    .option('--json', 'print JSON')
    .action(async (given: CollisionOptions) => {
      if (given.program.length > 0) return showPrograms(given);
      const options = eachBlocks(given);
      const figures = figuresOf(options);
      writeModel(
        [probabilities(options, figures), ...limits(figures)],
        { ...options, ...figures },
        options.json,
      );
    });
}

/** One number is that of all libraries; of several, each is that of one. */
function eachBlocks(options: CollisionOptions): CollisionOptions {
  const { blocks, libraries } = options;
  const [all = 1] = blocks;
  if (blocks.length > 1) return { ...options, libraries: blocks.length };
  return { ...options, blocks: Array<number>(libraries).fill(all) };
}

async function showPrograms({ bits, program, simulate, seed, json }: CollisionOptions): Promise<void> {
  const { programCollisions, programTable } = await import('./program-collisions.ts');
  const dice = { bits, trials: simulate ?? usualTrials };
  const programs = programCollisions(program, { ...dice, random: createRandom(seed) });
  writeModel([programTable(programs, dice)], { ...dice, seed, programs }, json);
}

/** Where dice decide and a person did not say how often. */
const usualTrials = 10_000;
const looked = [0.01, 0.5];

type Figures = ReturnType<typeof figuresOf>;

function figuresOf(options: CollisionOptions) {
  const { bits, libraries, blocks, simulate, names, seed } = options;
  const dice = { bits, blocks, trials: simulate ?? usualTrials, random: createRandom(seed) };
  const each = new Set(blocks).size === 1 ? blocks[0] : undefined;
  return {
    exact: blockCollisionProbability(bits, blocks),
    ...(each === 1 && { approximate: approximateCollisionProbability(bits, libraries) }),
    ...(simulate !== undefined && { simulated: simulateCollisions(dice) }),
    ...(names !== undefined && namedFigures(names, options)),
    ...(each !== undefined && {
      first: looked.map((probability) => ({
        probability,
        libraries: librariesAtProbability(bits, probability, each),
      })),
    }),
  };
}

/** By the hash of hash-address. Blocks are left out: a name says nothing of a module's size. */
function namedFigures(file: string, { bits, libraries, simulate = usualTrials, seed }: CollisionOptions) {
  const names = readNames(readText(file));
  if (names.length < libraries)
    throw new LinkonceError(`${file}: has ${String(names.length)} names, fewer than ${String(libraries)}`);
  const places = names.map((name) => hashName(name, 2 ** bits));
  return {
    names: names.length,
    named: sampleCollisions({ places, libraries, trials: simulate, random: createRandom(seed) }),
    pairs: collidingPairs(places),
    expectedPairs: pairsOf(names.length) / 2 ** bits,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new LinkonceError(
      `${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
}

function probabilities({ bits, libraries, blocks, simulate }: CollisionOptions, figures: Figures) {
  const { exact, approximate, simulated, named, names = 0, pairs = 0, expectedPairs = 0 } = figures;
  const trials = count(simulate ?? usualTrials);
  const dice = collisionProbability(bits, libraries);
  return {
    title: `${String(bits)} bits of hash, ${count(libraries)} libraries of ${blocksText(blocks)}: a collision`,
    head: [],
    rows: [
      ['exact', percent(exact)],
      ...(approximate === undefined ? [] : [['approximation, 1 − e^(−n(n−1)/2m)', percent(approximate)]]),
      ...(simulated ? [[`simulation, ${trials} trials`, interval(simulated)]] : []),
      ...(named ? [[`real names, ${trials} choices of ${count(names)}`, interval(named)]] : []),
      ...(named ? [['one block each, by dice: real names collide', standingOf(dice, named)]] : []),
      ...(named ? [['pairs among all names: measured', count(pairs)]] : []),
      ...(named ? [['pairs among all names: expected, exact', expectedPairs.toFixed(1)]] : []),
    ],
  };
}

/** `4 blocks` each, or all that different ones have. */
function blocksText(blocks: readonly number[]): string {
  const [each = 0] = blocks;
  const all = blocks.reduce((sum, one) => sum + one, 0);
  if (new Set(blocks).size > 1) return `${count(all)} blocks in all`;
  return `${count(each)} block${each === 1 ? '' : 's'}`;
}

/** Of libraries that are alike. */
function limits({ first }: Figures) {
  if (!first) return [];
  return [
    {
      title: 'first number of libraries at which a collision is so likely (exact)',
      head: [],
      rows: first.map(({ probability, libraries }) => [percent(probability), count(libraries)]),
    },
  ];
}
