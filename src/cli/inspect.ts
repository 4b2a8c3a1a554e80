/** `linkonce inspect`: what one ELF file says. */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { StoredFile } from './inspect-store.ts';

export function registerInspect(program: Command): void {
  program
    .command('inspect')
    .summary('show what one ELF file, or a file of linkonce, says')
    .description(
      'Show what one ELF file says: a summary, or with --json every symbol, relocation and PLT slot.',
    )
    .argument('<file>', 'an ELF file, or an image, launcher, catalogue or record of linkonce')
    .option('--json', 'print JSON')
    .action(inspect);
}

async function inspect(file: string, { json = false }: { json?: boolean }): Promise<void> {
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
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const { readStoredFile, readLauncher } = await import('./inspect-image.ts');
  return readStoredFile(file) ?? readLauncher(file, await readFile(file));
}
