/** `linkonce doctor`: what this machine permits, what that is needed for, and what a person can do about it. */
import type { Command } from 'commander';
import { colorsFor } from '../util/colors.ts';
import type { Finding } from '../doctor/finding.ts';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('say what this machine permits')
    .description(
      'Try what linkonce needs of this machine: a small program is captured, bound and started. Exit status 1 when programs cannot be bound here.',
    )
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { examineMachine } = await import('../pipeline.ts');
      const findings = await examineMachine();
      process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(describe).join(''));
      if (findings.some((finding) => finding.required && finding.answer === 'no')) process.exitCode = 1;
    });
}

function describe({ id, answer, detail, purpose, remedy }: Finding): string {
  const colors = colorsFor(process.stdout);
  const paint = { yes: colors.green, limited: colors.yellow, no: colors.red }[answer];
  const row = `${id.padEnd(12)}  ${paint(answer.padEnd(7))}  ${detail}\n`;
  if (answer === 'yes') return row;
  const indent = ' '.repeat(23);
  return `${row}${indent}needed for: ${purpose}\n${remedy === '' ? '' : `${indent}to do: ${remedy}\n`}`;
}
