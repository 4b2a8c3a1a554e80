/** `linkonce compare`: measures programs under several systems side by side. */
import { accessSync, constants } from 'node:fs';
import { type Command, Option } from 'commander';
import { learnSecondsOption } from './opened-options.ts';
import { collected, moment, outputFile, positiveInteger, processCounts, windowBits } from './options.ts';
import { withProgress } from './progress.ts';
import { chooseSettings, type RunSetOptions } from './run-sets.ts';
import { LinkonceError } from '../util/errors.ts';
import { withStop } from './stopping.ts';
import { chooseSystems } from './system-choice.ts';
import type { ProgramLine } from './workload.ts';
import { parseProgramLine, readWorkload } from './workload.ts';
import { writeReports } from './write-reports.ts';

interface CompareOptions extends RunSetOptions {
  readonly program: readonly string[];
  readonly workload?: string;
  readonly systems?: string;
  readonly processes: number;
  readonly at: 'entry' | 'exit' | number;
  readonly journal?: string;
  readonly json?: string;
  readonly html?: string;
  readonly csv?: string;
  readonly markdown?: string;
  readonly window?: number;
  readonly learn?: boolean;
  readonly learnSeconds: number;
}

export function registerCompare(program: Command): void {
  program
    .command('compare')
    .summary('measure programs under several systems')
    .description(
      'Measure start-up and memory of programs under several systems, interleaved, and print the tables. Several are ' +
        'given by --program or --workload: command lines, split into words as a shell does, but nothing is expanded. A ' +
        'count before one, as in "4x git status", says how many processes of it are alive at once.',
    )
    .argument('[program]', 'name or path of an ELF program')
    .argument('[args...]', "the program's arguments")
    .option('--program <line>', 'a command line; may be given several times', collected, [])
    .option('--workload <file>', 'a file with a command line a line, and # comments')
    .option('--systems <list>', 'systems by commas, each with an optional :variant (default: all)')
    .addOption(
      new Option('--quick', 'fewer runs: git under all systems takes less than a minute').conflicts('full'),
    )
    .option('--full', 'more runs and more processes, for figures to publish')
    .option('--runs <n>', 'timed runs of each system (default: 40; quick: 20, full: 100)', positiveInteger)
    .option('--processes <n>', 'processes alive at once of a program without a count', positiveInteger, 4)
    .option(
      '--counts <list>',
      'processes alive at once, by commas, for how memory grows (default: 1,4,16; full: also 64)',
      processCounts,
    )
    .option('--no-calls', 'do not time calls between modules')
    .option(
      '--cold',
      'time starts after which nothing of the files is in memory but what running processes map: the kernel is told to forget before each (root; 10 runs, quick: 5, full: 25)',
    )
    .option(
      '--zram',
      'page out the private memory of the processes to compressed swap of its own, for what it takes there and what it costs to read it back (root, and a kernel with zram)',
    )
    .option('--at <moment>', 'when memory is measured: entry, exit, or after so many SECONDS', moment, 'exit')
    .option('--learn', 'run each program once before, and prepare the modules that it opens then')
    .option(...learnSecondsOption)
    .option('--window <bits>', 'bits of the space for module addresses (default: always room)', windowBits)
    .option('--journal <file>', 'keep what is found as it comes, and go on from what an ended run has there')
    .option('--json <file>', 'write the measurement as JSON', outputFile)
    .option('--html <file>', 'write the report as one HTML page', outputFile)
    .option('--csv <file>', 'write the figures as CSV, a row for each program and system', outputFile)
    .option('--markdown <file>', 'write the report as Markdown', outputFile)
    .passThroughOptions()
    .action(
      async (
        name: string | undefined,
        args: readonly string[],
        options: CompareOptions,
        command: Command,
      ) => {
        await compare(chooseLines(name, args, options, command), options, command);
      },
    );
}

/** The programs by whichever way they were given; more than one way at once is wrong usage. */
function chooseLines(
  name: string | undefined,
  args: readonly string[],
  { program, workload }: CompareOptions,
  command: Command,
): readonly ProgramLine[] {
  const ways = [name !== undefined, program.length > 0, workload !== undefined].filter(Boolean).length;
  if (ways === 0) return command.error('no program: name one, or use --program or --workload');
  if (ways > 1) return command.error('only one of PROGRAM, --program and --workload can be given');
  if (name !== undefined) return [{ name, args }];
  return workload === undefined ? program.map((line) => parseOption(line, command)) : readWorkload(workload);
}

function parseOption(line: string, command: Command): ProgramLine {
  const wrong = (what: string): never => command.error(`--program ${JSON.stringify(line)}: ${what}`);
  try {
    return parseProgramLine(line) ?? wrong('has no program in it');
  } catch (error) {
    if (error instanceof SyntaxError) return wrong(error.message);
    throw error;
  }
}

/** Asked before anything is measured. */
function requireForgetting(): void {
  const file = '/proc/sys/vm/drop_caches';
  try {
    accessSync(file, constants.W_OK);
  } catch {
    throw new LinkonceError(
      `--cold: this user may not write to ${file}: only root has the kernel forget files`,
    );
  }
}

async function compare(
  lines: readonly ProgramLine[],
  options: CompareOptions,
  command: Command,
): Promise<void> {
  const { window, learn = false } = options;
  if (options.cold === true) requireForgetting();
  if (options.zram === true) {
    const { requireZram } = await import('../measure/zram-swap.ts');
    await requireZram();
  }
  const chosen = await chooseSystems(options.systems, command);
  const choices = chosen.map((choice) => ({ ...choice, window }));
  const programs = lines.map((line) => ({ processes: options.processes, ...line }));
  const { journal: journalFile } = options;
  const settings = {
    ...{ choices, moment: options.at, ...chooseSettings(options) },
    ...(journalFile !== undefined && { journalFile }),
    ...(learn && { learningSeconds: options.learnSeconds }),
  };
  const { comparePrograms } = await import('../pipeline.ts');
  const measurement = await withStop((stop) =>
    withProgress((onProgress) => comparePrograms(programs, { ...settings, stop }, onProgress)),
  );
  await writeReports(measurement, options);
}
