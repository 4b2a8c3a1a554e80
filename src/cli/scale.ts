/** `linkonce scale`: how the costs of the systems grow. */
import type { Command } from 'commander';
import type { ScaleAxis } from '../measure/scale-measurement.ts';
import { colorsFor } from '../util/colors.ts';
import { outputFile, positiveInteger, sizes } from './options.ts';
import { withProgress } from './progress.ts';
import { chooseSystems } from './system-choice.ts';

interface ScaleOptions extends Partial<Record<ScaleAxis, readonly number[]>> {
  readonly systems?: string;
  readonly allVariants?: boolean;
  readonly runs?: number;
  readonly quick?: boolean;
  readonly json?: string;
}

const full = {
  runs: 20,
  sizes: { modules: [1, 10, 100, 1000], imports: [10, 100, 300, 1000], processes: [1, 10, 100, 1000] },
};
const quick = { runs: 10, sizes: { modules: [1, 10, 100], imports: [10, 30, 100], processes: [1, 10, 100] } };

/** What the other axes are where one grows: a program as most are, and as many processes as `compare` weighs. */
const fixed = { modules: 10, imports: 20, processes: 4 };

export function registerScale(program: Command): void {
  program
    .command('scale')
    .summary('measure how the costs of the systems grow')
    .description(
      'Measure how start-up, memory, mappings, bind and update time of several systems grow with the modules of a program, with ' +
        'their imports, and with the processes that are alive at once, on synthetic programs, and fit a law to each. It takes ' +
        'about ten minutes for all systems.',
    )
    .option('--modules <list>', 'sizes by commas, or none (default: 1,10,100,1000)', sizes)
    .option('--imports <list>', 'of each module, and as many functions (default: 10,100,300,1000)', sizes)
    .option('--processes <list>', 'alive at once (default: 1,10,100,1000)', sizes)
    .option('--systems <list>', 'systems by commas, each with an optional :variant (default: all)')
    .option('--all-variants', 'all variants of a system without one, not only the first')
    .option('--runs <n>', 'timed runs of each program under each system (default: 20)', positiveInteger)
    .option('--quick', 'sizes up to 100, and 10 runs: a minute or two')
    .option('--json <file>', 'write the measurement as JSON', outputFile)
    .action(async (options: ScaleOptions, command: Command) => {
      await scale(options, command);
    });
}

async function scale(options: ScaleOptions, command: Command): Promise<void> {
  const usual = options.quick ? quick : full;
  const { modules, imports, processes } = { ...usual.sizes, ...options };
  const choices = await chooseSystems(options.systems, command, options.allVariants ? 'all' : 'first');
  const settings = {
    choices,
    runs: options.runs ?? usual.runs,
    sizes: { modules, imports, processes },
    fixed,
  };
  if (Object.values(settings.sizes).every(({ length }) => length === 0))
    command.error('nothing would grow: all of --modules, --imports and --processes are none');
  const { compareGrowth } = await import('../pipeline.ts');
  const measurement = await withProgress((onProgress) => compareGrowth(settings, onProgress));
  const { renderScale } = await import('../report/scale-table.ts');
  process.stdout.write(renderScale(measurement, { colors: colorsFor(process.stdout) }));
  if (options.json !== undefined)
    await (await import('../report/scale-json.ts')).writeScaleJson(measurement, options.json);
}
