/** `linkonce inspect`: what one ELF file says. */
import type { Command } from 'commander';

export function registerInspect(program: Command): void {
  program
    .command('inspect')
    .summary('show what one ELF file says')
    .argument('<file>', 'an ELF file')
    .option('--json', 'print JSON');
}
