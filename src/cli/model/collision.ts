/** `linkonce model collision`: how likely hashed names want the same address. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { hashName } from '../../ranges/hash-name.ts';
import {
  approximateCollisionProbability,
  blockCollisionProbability,
  librariesAtProbability,
  simulateCollisions,
} from '../../models/collision.ts';
import { collidingPairs, pairsOf, readNames, sampleCollisions } from '../../models/named-collisions.ts';
import type { Simulated } from '../../models/wilson.ts';
import { LinkonceError } from '../../util/errors.ts';
import { createRandom } from '../../util/random.ts';
import { hashBits, positiveInteger, wholeNumber } from '../options.ts';
import { count, percent, writeModel } from './output.ts';

interface CollisionOptions {
  readonly bits: number;
  readonly libraries: number;
  readonly blocks: number;
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
        'approximation, by simulation, and by real names (models/data has those of Debian).',
    )
    .option('--bits <n>', 'of the hash', hashBits, 16)
    .option('--libraries <n>', 'of a program', positiveInteger, 300)
    .option('--blocks <n>', 'consecutive blocks that each takes', positiveInteger, 1)
    .option('--simulate <trials>', 'throw dice so often', positiveInteger)
    .option('--names <file>', 'names of libraries, one a line: their own hashes, and random choices of them')
    .option('--seed <n>', 'of the dice', wholeNumber, 1)
    .option('--json', 'print JSON')
    .action((options: CollisionOptions) => {
      const figures = figuresOf(options);
      writeModel(
        [probabilities(options, figures), limits(figures)],
        { ...options, ...figures },
        options.json,
      );
    });
}

/** Where dice decide and a person did not say how often. */
const usualTrials = 10_000;
const looked = [0.01, 0.5];

type Figures = ReturnType<typeof figuresOf>;

function figuresOf(options: CollisionOptions) {
  const { bits, libraries, blocks, simulate, names, seed } = options;
  const dice = { bits, libraries, blocks, trials: simulate ?? usualTrials, random: createRandom(seed) };
  return {
    exact: blockCollisionProbability(bits, Array<number>(libraries).fill(blocks)),
    ...(blocks === 1 && { approximate: approximateCollisionProbability(bits, libraries) }),
    ...(simulate !== undefined && { simulated: simulateCollisions(dice) }),
    ...(names !== undefined && namedFigures(names, options)),
    first: looked.map((probability) => ({
      probability,
      libraries: librariesAtProbability(bits, probability, blocks),
    })),
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
  return {
    title: `${String(bits)} bits of hash, ${count(libraries)} libraries of ${count(blocks)} block${blocks === 1 ? '' : 's'}: a collision`,
    head: [],
    rows: [
      ['exact', percent(exact)],
      ...(approximate === undefined ? [] : [['approximation, 1 − e^(−n(n−1)/2m)', percent(approximate)]]),
      ...(simulated ? [[`simulation, ${trials} trials`, interval(simulated)]] : []),
      ...(named ? [[`real names, ${trials} choices of ${count(names)}`, interval(named)]] : []),
      ...(named ? [['pairs among all names: measured', count(pairs)]] : []),
      ...(named ? [['pairs among all names: expected, exact', expectedPairs.toFixed(1)]] : []),
    ],
  };
}

/** `49.6 % [48.6 %–50.6 %]`. */
function interval({ probability, low, high }: Simulated): string {
  return `${percent(probability)} [${percent(low)}–${percent(high)}]`;
}

function limits({ first }: Figures) {
  return {
    title: 'first number of libraries at which a collision is so likely (exact)',
    head: [],
    rows: first.map(({ probability, libraries }) => [percent(probability), count(libraries)]),
  };
}
