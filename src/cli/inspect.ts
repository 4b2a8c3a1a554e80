/** `linkonce inspect`: what one ELF file says; with `--calls`, how code goes from module to module. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { StoredFile } from './inspect-store.ts';
import { statusOf } from '../util/status.ts';

interface InspectOptions {
  readonly calls?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function registerInspect(program: Command): void {
  program
    .command('inspect')
    .summary('show what one ELF file, or a file of linkonce, says')
    .description(
      'Show what one ELF file says: a summary, or with --json every symbol, relocation and PLT slot. With --calls: ' +
        'the call sites of a library, or those of all modules of a program and what they refer to in each other.',
    )
    .argument(
      '<file>',
      'an ELF file, or an image, launcher, catalogue, record, count, journal or settled identities of linkonce; --calls: or a name',
    )
    .option('--calls', 'show call sites, and references between modules')
    .option('--all', 'with --calls: all rows of each table')
    .option('--json', 'print JSON')
    .action(async (file: string, options: InspectOptions) => {
      await (options.calls ? inspectCalls(file, options) : inspect(file, options));
    });
}

async function inspectCalls(file: string, { all = false, json = false }: InspectOptions): Promise<void> {
  const { fileCallsJson, programCalls, programCallsJson } = await import('./inspect-calls.ts');
  const { fileCallsText, programCallsText } = await import('./inspect-calls-text.ts');
  const { readElf } = await import('../elf/read-elf.ts');
  const program = programCalls(file);
  if (json)
    process.stdout.write(
      `${JSON.stringify(program ? programCallsJson(program) : fileCallsJson(readElf(file)))}\n`,
    );
  else process.stdout.write(program ? programCallsText(program, all) : fileCallsText(readElf(file), all));
}

async function inspect(file: string, { json = false }: InspectOptions): Promise<void> {
  const stored = await inspectStored(file);
  if (stored) {
    const { storedFileText } = await import('./inspect-image.ts');
    process.stdout.write(json ? `${JSON.stringify(stored)}\n` : storedFileText(stored));
    return;
  }
  const { readElf } = await import('../elf/read-elf.ts');
  const elf = readElf(file);
  if (json) {
    const { inspectJson } = await import('./inspect-json.ts');
    process.stdout.write(`${JSON.stringify(inspectJson(elf))}\n`);
  } else {
    const { inspectText } = await import('./inspect-text.ts');
    process.stdout.write(inspectText(elf));
  }
}

/** Files of our own; a launcher is an ELF file, too. A file that is not there is left to readElf. */
async function inspectStored(file: string): Promise<StoredFile | undefined> {
  if (statusOf(file)?.isFile() !== true) return undefined;
  const { describeJournal, isJournal } = await import('./inspect-journal.ts');
  if (isJournal(file)) return describeJournal(file);
  const { readStoredFile, readLauncher } = await import('./inspect-image.ts');
  return readStoredFile(file) ?? readLauncher(file, await readFile(file));
}
