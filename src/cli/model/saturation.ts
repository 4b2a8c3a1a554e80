/** `linkonce model saturation`: how a hashed dispatcher fills up, by direct and by indirect imports. */
import { Option, type Command } from 'commander';
import type { TreeSaturation } from '../../models/dependency-tree.ts';
import { saturationByDepth, treeShapes } from '../../models/dependency-tree.ts';
import type { SaturationPoint } from '../../models/saturation.ts';
import { saturationCurve } from '../../models/saturation.ts';
import type { UniqueSaturation } from '../../models/unique-imports.ts';
import { uniqueSaturation } from '../../models/unique-imports.ts';
import { sharedByUnrelated } from '../../models/known-dependencies.ts';
import { atLeastOne, positiveInteger, sizes } from '../options.ts';
import { count, percent, writeModel } from './output.ts';

interface SaturationOptions {
  readonly imports: readonly number[];
  readonly importsOfModule: number;
  readonly importers: number;
  readonly shape: (typeof treeShapes)[number];
  readonly fanOut: number;
  readonly depths: readonly number[];
  readonly json?: boolean;
}

export function registerSaturation(model: Command): void {
  model
    .command('saturation')
    .summary('how a hashed dispatcher fills up')
    .description(
      'The part of all imports whose entry in the hashed dispatcher (solution 4) has to be told apart by the return address: where ' +
        'one module imports all itself, and where many modules with few imports each do. Tables have 512, 1,024, … 262,144 entries.',
    )
    .option(
      '--imports <list>',
      'of a whole program, by commas',
      sizes,
      [100, 400, 1000, 4000, 10_000, 40_000],
    )
    .option('--imports-of-module <n>', 'where many modules have them', positiveInteger, 40)
    .option('--importers <x>', 'modules that import the same function, on average', atLeastOne, 2)
    .addOption(new Option('--shape <shape>', 'which modules need which').choices(treeShapes).default('tree'))
    .option(
      '--fan-out <n>',
      'modules that each module needs (tree), or each step adds (star)',
      positiveInteger,
      3,
    )
    .option('--depths <list>', 'steps from the executable to the last module', sizes, [1, 2, 3, 4, 5, 6])
    .option('--json', 'print JSON')
    .action((options: SaturationOptions) => {
      const curve = saturationCurve(options).map((point) => ({
        ...point,
        unique: uniqueSaturation({ ...options, imports: point.imports }),
      }));
      const tree = saturationByDepth(options, options.depths).map((row) => ({
        ...row,
        known: sharedByUnrelated(options, row.depth),
      }));
      writeModel(
        [curveTable(curve, options), uniqueTable(curve, options), treeTable(tree, options)],
        { ...options, curve, tree },
        options.json,
      );
    });
}

function curveTable(curve: readonly SaturationPoint[], { importsOfModule }: SaturationOptions) {
  return {
    title: `entries that need the return address (expected, all functions different): all imports of one module; of modules of ${count(importsOfModule)} imports, each in the table it needs, or all in one table`,
    head: ['imports', 'one module', 'many modules', 'one table for all'],
    rows: curve.map(({ imports, direct, indirect, oneTable }) => [
      count(imports),
      ...[direct, indirect, oneTable].map(percent),
    ]),
    left: 0,
  };
}

type UniquePoint = SaturationPoint & { readonly unique: UniqueSaturation };

function uniqueTable(curve: readonly UniquePoint[], { importsOfModule, importers }: SaturationOptions) {
  return {
    title: `the same by unique imports: modules of ${count(importsOfModule)} imports, each function imported by ${String(importers)} of them and with one entry for all (expected)`,
    head: ['imports', 'functions', 'of all imports', 'of the used entries'],
    rows: curve.map(({ imports, unique }) => [
      count(imports),
      count(unique.functions),
      percent(unique.ofImports),
      percent(unique.ofEntries),
    ]),
    left: 0,
  };
}

type KnownTree = TreeSaturation & { readonly known: number };

function treeTable(tree: readonly KnownTree[], { shape, fanOut }: SaturationOptions) {
  return {
    title: `by depth, all functions different: ${shape}${shape === 'chain' ? '' : ` of ${count(fanOut)}`}; where no module knows another, and where each avoids the entries of those that it needs`,
    head: ['depth', 'modules', 'direct imports', 'indirect', 'none known', 'needed known'],
    rows: tree.map(({ depth, modules, directImports, indirectImports, shared, known }) => [
      ...[depth, modules, directImports, indirectImports].map(count),
      percent(shared),
      percent(known),
    ]),
    left: 0,
  };
}
