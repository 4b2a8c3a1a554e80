/** `linkonce compare`: measures a program under several systems side by side. */
import type { Command } from 'commander';
import type { Measurement } from '../measure/measurement.ts';
import { colorsFor } from '../util/colors.ts';
import { moment, positiveInteger } from './options.ts';
import { withProgress } from './progress.ts';
import { chooseSystems } from './system-choice.ts';

interface CompareOptions {
  readonly systems?: string;
  readonly runs: number;
  readonly processes: number;
  readonly at: 'entry' | 'exit' | number;
  readonly json?: string;
  readonly html?: string;
}

export function registerCompare(program: Command): void {
  program
    .command('compare')
    .summary('measure a program under several systems')
    .description(
      'Measure start-up and memory of a program under several systems, interleaved, and print the table.',
    )
    .argument('<program>', 'name or path of an ELF program')
    .argument('[args...]', "the program's arguments")
    .option('--systems <list>', 'systems by commas, each with an optional :variant (default: all)')
    .option('--runs <n>', 'timed runs of each system', positiveInteger, 40)
    .option('--processes <n>', 'processes alive at once when memory is measured', positiveInteger, 4)
    .option('--at <moment>', 'when memory is measured: entry, exit, or after so many SECONDS', moment, 'exit')
    .option('--json <file>', 'write the measurement as JSON')
    .option('--html <file>', 'write the report as one HTML page')
    .passThroughOptions()
    .action(async (name: string, args: readonly string[], options: CompareOptions, command: Command) => {
      await compare(name, args, options, command);
    });
}

async function compare(
  name: string,
  args: readonly string[],
  options: CompareOptions,
  command: Command,
): Promise<void> {
  const choices = await chooseSystems(options.systems, command);
  const settings = { choices, runs: options.runs, processes: options.processes, moment: options.at };
  const { comparePrograms } = await import('../pipeline.ts');
  const measurement = await withProgress((onProgress) => comparePrograms(name, args, settings, onProgress));
  await writeReports(measurement, options);
}

async function writeReports(measurement: Measurement, { json, html }: CompareOptions): Promise<void> {
  const { renderText } = await import('../report/text.ts');
  process.stdout.write(renderText(measurement, { colors: colorsFor(process.stdout) }));
  if (json !== undefined) await (await import('../report/json.ts')).writeJson(measurement, json);
  if (html !== undefined) {
    await (await import('../report/html.ts')).writeHtml(measurement, html);
    process.stderr.write(`linkonce: the report is in ${html}\n`);
  }
}
