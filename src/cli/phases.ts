/** `linkonce phases`: what a start is made of under several systems, as a table and as a trace. */
import type { Command } from 'commander';
import { colorsFor } from '../util/colors.ts';
import { outputFile, positiveInteger } from './options.ts';
import { withProgress } from './progress.ts';
import { chooseSystems } from './system-choice.ts';

interface PhasesOptions {
  readonly systems: string;
  readonly starts: number;
  readonly trace?: string;
}

export function registerPhases(program: Command): void {
  program
    .command('phases')
    .summary('show the phases of a start under several systems')
    .description(
      'Start a program under several systems, traced and interleaved, and show how long it links, runs the constructors of its ' +
        'modules, and runs itself. The trace has the system calls of its start, too; speedscope and Perfetto read it.',
    )
    .argument('<program>', 'name or path of an ELF program')
    .argument('[args...]', 'its arguments')
    .option('--systems <list>', 'systems by commas, each with an optional :variant', 'got-plt:lazy,image')
    .option('--starts <n>', 'starts under each', positiveInteger, 10)
    .option('--trace <file>', 'write one start of each as a trace (Trace Event Format, JSON)', outputFile)
    .passThroughOptions()
    .action(async (name: string, args: readonly string[], options: PhasesOptions, command: Command) => {
      await phases(name, args, options, command);
    });
}

async function phases(
  name: string,
  args: readonly string[],
  { systems, starts, trace }: PhasesOptions,
  command: Command,
): Promise<void> {
  const choices = await chooseSystems(systems, command);
  const { findProgram } = await import('../program/find-program.ts');
  const file = findProgram(name, process.env.PATH ?? '');
  const { tracePhases } = await import('../pipeline.ts');
  const settings = { choices, starts, arguments: args };
  const found = await withProgress((onProgress) => tracePhases(file, settings, onProgress));
  const { renderPhases } = await import('../report/phases-table.ts');
  process.stdout.write(renderPhases(found, colorsFor(process.stdout)));
  if (trace === undefined) return;
  const { traceEventsOf } = await import('../report/trace-events.ts');
  const { writeFileWhole } = await import('../report/write-file.ts');
  await writeFileWhole(trace, `${JSON.stringify(traceEventsOf(found))}\n`);
}
