/** The models' curves: how likely hashed names collide, and how a hashed dispatcher fills up. */
import { collisionProbability } from '../../models/collision.ts';
import { saturationByDepth, treeShapes } from '../../models/dependency-tree.ts';
import { saturationCurve, simulateSaturation } from '../../models/saturation.ts';
import { createRandom } from '../../util/random.ts';
import { listing } from '../format.ts';
import { entryTable, entryWords, libraryCollisions, libraryWords } from '../program-models.ts';
import type { ReportData } from '../report-data.ts';
import { createChoice } from './choice.ts';
import type { Curve, Curves, Point } from './curve-plot.ts';
import { createCurvePlot } from './curve-plot.ts';
import { section } from './element.ts';
import { createFigure } from './figure.ts';
import { createPlainTable } from './plain-table.ts';

const percent = (value: number): string => `${value.toPrecision(3)} %`;
const coloursOf = (names: readonly string[]) => (name: string) =>
  `var(--series-${String(1 + names.indexOf(name))})`;

/** Widths of a hash: those of the seed's formats of 32 bits, and wider ones. */
const widths = [16, 19, 24, 32];
/** Libraries of a program, by steps of a factor. */
const libraries = geometric(10, 10_000, 72);

export function createCollisionCurves({ collisions: named, measurement }: ReportData): HTMLElement {
  const curves = widths.map((bits): Curve => {
    const real = named.find((one) => one.bits === bits)?.points ?? [];
    return {
      name: `${bits} bits`,
      line: libraries.map((at) => ({ at, value: 100 * collisionProbability(bits, at) })),
      points: real.map((point) => ({
        at: point.libraries,
        value: 100 * point.probability,
        low: 100 * point.low,
        high: 100 * point.high,
      })),
    };
  });
  const pairs = named.map(
    (one) => `${one.pairs} at ${one.bits} bits (${one.expectedPairs.toFixed(1)} expected)`,
  );
  const { names = 0, trials = 0 } = named[0] ?? {};
  const { figure } = createFigure({
    name: 'collisions',
    draw: (width) =>
      createCurvePlot(
        {
          curves,
          xLabel: 'libraries of a program →',
          yLabel: '↑ probability that two collide, %',
          title: 'How likely names of libraries, hashed to addresses, collide',
          description: 'A line for each width of the hash, in bits.',
          colourOf: coloursOf(curves.map(({ name }) => name)),
          pointWord: 'names of Debian',
          lineWord: 'exact',
          format: percent,
          scales: { x: 'log', y: 'linear' },
        },
        width,
      ),
    caption: [
      `Lines are exact: 1 − ∏ (1 − i/2^bits). Points are hashes of real names, ${trials} random choices of ${names.toLocaleString('en')} libraries of Debian, with 95 % intervals. All draws are from one list, of which so many pairs have the same hash: ${listing(pairs)}. Here each library has one block. “linkonce model collision” has any width, lists of blocks, and the libraries of any program.`,
    ],
  });
  const table = createPlainTable(libraryCollisions(measurement), libraryWords);
  return section('How likely hashed names collide', figure, table);
}

const views = { imports: 'by imports', depth: 'by depth of dependencies' } as const;
/** Of a module: what most libraries have about. */
const importsOfModule = 40;
const fanOut = 3;

export function createSaturationCurves({ measurement }: ReportData): HTMLElement {
  let view: keyof typeof views = 'imports';
  const curves = { imports: importCurves(), depth: depthCurves() };
  const choice = createChoice('Show', views, view, (chosen) => {
    view = chosen;
    redraw();
  });
  const { figure, redraw } = createFigure({
    name: 'saturation',
    draw: (width) => createCurvePlot(curves[view], width),
    choices: [choice],
    caption: [
      `The part of all imports whose entry in the hashed dispatcher has to be told apart by the return address. Lines are expected values, points a throw of dice. Modules have ${importsOfModule} imports each, all functions different; each module takes the smallest table of 512, 1,024, … 262,144 entries that it fills at most half. Growing tables help one module with many imports, and not many modules with few. A tree has ${fanOut} dependencies a module, a star ${fanOut} more a step. “linkonce model saturation” has any shape and size.`,
    ],
  });
  const table = createPlainTable(entryTable(measurement), entryWords);
  return section('How a hashed dispatcher fills up', figure, table);
}

/** What both plots of saturation have alike. */
const saturationWords = {
  yLabel: '↑ imports that need the return address, %',
  title: 'How a hashed dispatcher fills up',
  pointWord: 'dice',
  lineWord: 'expected',
  format: percent,
} as const;

function importCurves(): Curves {
  const imports = geometric(40, 100_000, 90);
  const curve = saturationCurve({ imports, importsOfModule });
  const lineOf = (of: 'direct' | 'indirect' | 'oneTable'): readonly Point[] =>
    curve.map((point) => ({ at: point.imports, value: 100 * point[of] }));
  const curves = [
    { name: 'one module', line: lineOf('direct'), points: [] },
    { name: 'many modules', line: lineOf('indirect'), points: thrown([400, 1000, 4000, 10_000]) },
    { name: 'one table for all', line: lineOf('oneTable'), points: [] },
  ];
  return {
    ...saturationWords,
    curves,
    xLabel: 'imports of a whole program →',
    description: 'By imports: all of one module, of many modules, and of many modules that share one table.',
    colourOf: coloursOf(curves.map(({ name }) => name)),
    scales: { x: 'log', y: 'linear' },
  };
}

function thrown(imports: readonly number[]): readonly Point[] {
  const random = createRandom(4);
  return imports.map((at) => {
    const modules = Array.from({ length: at / importsOfModule }, () => ({ imports: importsOfModule }));
    return { at, value: 100 * simulateSaturation(modules, random) };
  });
}

function depthCurves(): Curves {
  const depths = [1, 2, 3, 4, 5, 6];
  const curves = treeShapes.map((shape) => ({
    name: shape,
    points: [],
    line: saturationByDepth({ shape, fanOut, importsOfModule }, depths).map(({ depth, shared }) => ({
      at: depth,
      value: 100 * shared,
    })),
  }));
  return {
    ...saturationWords,
    curves,
    xLabel: 'steps from the executable to the last module →',
    description: 'By the depth of the dependencies, for chains, trees and stars.',
    colourOf: coloursOf(curves.map(({ name }) => name)),
    scales: { x: 'linear', y: 'linear' },
  };
}

/** Whole numbers from one to another, by a constant factor. */
function geometric(from: number, to: number, count: number): readonly number[] {
  const steps = Array.from({ length: count + 1 }, (_, index) =>
    Math.round(from * (to / from) ** (index / count)),
  );
  return [...new Set(steps)];
}
