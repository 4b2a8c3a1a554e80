/** `linkonce bind`: writes launchers. */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { BoundImage, SystemChoice } from '../pipeline.ts';
import type { OpenedOptions } from './opened-options.ts';
import { addOpenedOptions, openedChoice } from './opened-options.ts';
import { openedText, unpreparedLines } from './opened-text.ts';
import { windowBits } from './options.ts';
import { withProgress } from './progress.ts';
import { rootOption } from './root-option.ts';
import { asEnvironment, linkerVariables } from '../program/environment.ts';
import { withEnd } from './stopping.ts';
import { chooseSystem } from './system-choice.ts';
import { tablesOption } from './tables-option.ts';
import { attemptLater } from '../util/outcome.ts';

interface BindOptions extends OpenedOptions {
  readonly system: string;
  readonly output?: string;
  readonly asInterpreter?: boolean;
  readonly window?: number;
  readonly base?: readonly number[];
  readonly verbose?: boolean;
}

export function registerBind(program: Command): void {
  const command = program
    .command('bind')
    .summary('write a launcher for a program')
    .description(
      'Write a launcher that starts a program without the work of the dynamic linker. Modules that it opens with dlopen are prepared, too, ' +
        'where --learn or --with say which these are.',
    )
    .argument('<program...>', 'name or path of an ELF program, or of a script that starts one')
    .option('-s, --system <id[:variant]>', 'which system; see `linkonce systems`', 'image')
    .option('-o, --output <file>', 'the launcher (default: PROGRAM-linkonce in the current directory)')
    .option(...rootOption)
    .option(
      '--as-interpreter',
      'write a copy of the program whose PT_INTERP is the loader, for programs that read /proc/self/exe',
    )
    .option('--window <bits>', 'bits of the space for module addresses (default: always room)', windowBits)
    .option(...tablesOption);
  addOpenedOptions(command)
    .option('-v, --verbose', 'say also why modules that it opens are not prepared')
    .action(async (names: readonly string[], options: BindOptions, command: Command) => {
      if (options.output !== undefined && names.length > 1)
        command.error('-o names one launcher; bind several programs without it');
      const choice = await chooseSystem(options.system, command);
      for (const name of names) await bindOne(name, choice, options);
    });
}

/** One of several programs that cannot be bound does not keep the others from it. */
async function bindOne(name: string, choice: SystemChoice, options: BindOptions): Promise<void> {
  const outcome = await attemptLater(() => bind(name, choice, options));
  if ('value' in outcome) return;
  process.stderr.write(`linkonce: ${outcome.failure.message}\n`);
  process.exitCode = 1;
}

async function bind(name: string, { system, variant }: SystemChoice, options: BindOptions): Promise<void> {
  const output = path.resolve(options.output ?? `${path.basename(name)}-linkonce`);
  const { bindProgram } = await import('../pipeline.ts');
  const { checkOutput } = await import('./check-output.ts');
  checkOutput(output);
  const begun = performance.now();
  const { asInterpreter = false, window, base: bases } = options;
  const variables = linkerVariables(process.env);
  const opened = openedChoice(options);
  const request = {
    ...{ system, variant, output, asInterpreter, window, bases, variables },
    ...{ opened, guard: withEnd, mayBeScript: true },
  };
  const image = await withProgress((onProgress) => bindProgram(name, request, onProgress));
  process.stdout.write(describe(image, performance.now() - begun, options.verbose));
  const { file } = image;
  const environment = { ...image.environment, ...asEnvironment(image.variables) };
  const { describeObstacles } = await import('./obstacles.ts');
  for (const line of await describeObstacles([{ name, file, environment }]))
    process.stdout.write(`  ${line}\n`);
}

function describe(image: BoundImage, ms: number, isVerbose = false): string {
  const { variables } = image;
  const kb = image.files.reduce((sum, file) => sum + statSync(file).blocks / 2, 0);
  const size = kb < 1000 ? `${kb.toFixed(0)} kB` : `${(kb / 1000).toFixed(1)} MB`;
  const line = `${image.file}: ${image.modules.length} modules, ${size}, ${ms.toFixed(0)} ms\n`;
  const forms =
    variables.length === 0
      ? []
      : [`for starts with ${variables.join(' ')}: with other variables of the linker it runs through ld.so`];
  const notes = [...describeOpened(image, isVerbose), ...forms, ...image.notes];
  return line + notes.map((note) => `  ${note}\n`).join('');
}

function describeOpened({ opened = [] }: BoundImage, isVerbose: boolean): string[] {
  const unprepared = opened.flatMap((module) => (module.prepared ? [] : [module]));
  const text = openedText(opened.length, unprepared);
  if (text === undefined) return [];
  return [text, ...(isVerbose ? unpreparedLines(unprepared).map((line) => `  ${line}`) : [])];
}
