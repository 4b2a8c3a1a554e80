/** `linkonce inspect`: what one ELF file says. */
import type { Command } from 'commander';

export function registerInspect(program: Command): void {
  program
    .command('inspect')
    .summary('show what one ELF file says')
    .description(
      'Show what one ELF file says: a summary, or with --json every symbol, relocation and PLT slot.',
    )
    .argument('<file>', 'an ELF file')
    .option('--json', 'print JSON')
    .action(inspect);
}

async function inspect(file: string, { json }: { json?: boolean }): Promise<void> {
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
