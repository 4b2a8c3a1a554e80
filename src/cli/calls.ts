/** `linkonce calls`: what calls between modules cost under several systems. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { colorsFor } from '../util/colors.ts';
import { outputFile, positiveInteger } from './options.ts';
import { withProgress } from './progress.ts';
import { chooseSystems } from './system-choice.ts';

interface CallsOptions {
  readonly systems?: string;
  readonly rounds: number;
  readonly json?: string;
  readonly distance?: boolean;
}

/** Of one process: together 0.4 seconds. */
const callsAndRepetitions = { calls: 1 << 20, repetitions: 25, bothDistances: true };

export function registerCalls(program: Command): void {
  program
    .command('calls')
    .summary('measure calls between modules under several systems')
    .description(
      'Measure what a call from one module to another costs under several systems, interleaved, against the same object ' +
        "code linked statically and against the platform's dynamic linker: predicted, cold, and for the first time; with modules near each other, and far apart.",
    )
    .option(
      '--systems <list>',
      'systems by commas, each with an optional :variant (default: all); got-plt is always there',
    )
    .option('--rounds <n>', 'processes of each', positiveInteger, 20)
    .option('--json <file>', 'write the measurement as JSON', outputFile)
    .addOption(
      new Option('--distance', 'only jumps by the distance of their targets, without any system').conflicts([
        'systems',
        'json',
      ]),
    )
    .action(async (options: CallsOptions, command: Command) => {
      await (options.distance ? jumps(options.rounds) : calls(options, command));
    });
}

async function calls({ systems, rounds, json }: CallsOptions, command: Command): Promise<void> {
  const { baseLine } = await import('../measure/measurement.ts');
  const always = await chooseSystems(baseLine.system, command);
  const chosen = await chooseSystems(systems, command);
  const others = chosen.filter(({ system }) => system.id !== baseLine.system);
  const settings = { choices: [...always, ...others], rounds, ...callsAndRepetitions };
  const { compareCalls } = await import('../pipeline.ts');
  const measurement = await withProgress((onProgress) => compareCalls(settings, onProgress));
  const { renderCalls } = await import('../report/calls-table.ts');
  process.stdout.write(renderCalls(measurement, colorsFor(process.stdout)));
  if (json !== undefined) await (await import('../report/calls-json.ts')).writeCallsJson(measurement, json);
}

async function jumps(rounds: number): Promise<void> {
  const { compareJumps } = await import('../pipeline.ts');
  const found = await withProgress((onProgress) => compareJumps(rounds, onProgress));
  const { renderJumps } = await import('../report/calls-table.ts');
  process.stdout.write(`${renderJumps({ jumps: found }, colorsFor(process.stdout))}\n`);
}
