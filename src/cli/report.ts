/** `linkonce report`: shows a measurement that was kept. */
import type { Command } from 'commander';
import { outputFile } from './options.ts';
import type { ReportFiles } from './write-reports.ts';
import { writeReports } from './write-reports.ts';

interface ReportOptions extends ReportFiles {
  readonly before?: string;
}

export function registerReport(program: Command): void {
  program
    .command('report')
    .summary('show a measurement that compare --json wrote')
    .description(
      'Print the tables of a measurement that compare --json wrote, and write them in other forms. What scale --json wrote, given ' +
        'beside it, stands in the page, too; what calls --json wrote takes the place of the calls in the measurement. With --before ' +
        'an earlier measurement stands beside it: what changed, with intervals, and what of the two cannot be compared.',
    )
    .argument('<file...>', 'the measurement, and beside it one of scale and one of calls')
    .option('--before <file>', 'an earlier measurement, to compare with')
    .option('--html <file>', 'write the report as one HTML page', outputFile)
    .option('--csv <file>', 'write the figures as CSV', outputFile)
    .option('--samples <file>', 'write every timed run as CSV', outputFile)
    .option('--markdown <file>', 'write the tables as Markdown', outputFile)
    .action(async (files: readonly string[], { before: earlier, ...options }: ReportOptions) => {
      const { readReport } = await import('../report/read-report.ts');
      const { measurement, scale } = await readReport(files);
      const before = earlier === undefined ? undefined : (await readReport([earlier])).measurement;
      await writeReports(measurement, options, { ...(scale && { scale }), ...(before && { before }) });
    });
}
