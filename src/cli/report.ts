/** `linkonce report`: shows a measurement that was kept. */
import type { Command } from 'commander';
import type { ReportFiles } from './write-reports.ts';
import { writeReports } from './write-reports.ts';

export function registerReport(program: Command): void {
  program
    .command('report')
    .summary('show a measurement that compare --json wrote')
    .description(
      'Print the tables of a measurement that compare --json wrote, and write them in other forms.',
    )
    .argument('<file>', 'the measurement')
    .option('--html <file>', 'write the report as one HTML page')
    .option('--csv <file>', 'write the figures as CSV')
    .option('--markdown <file>', 'write the tables as Markdown')
    .action(async (file: string, options: ReportFiles) => {
      const { readJson } = await import('../report/json.ts');
      await writeReports(await readJson(file), options);
    });
}
