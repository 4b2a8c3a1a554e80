/** The data behind the page, to keep or to compute with. */
import { renderCsv, renderSamples } from '../csv.ts';
import type { ReportData } from '../report-data.ts';
import { createDownload as button } from './download.ts';
import { element, section } from './element.ts';

export function createDownloads({ measurement, scale }: ReportData): HTMLElement {
  const json = (value: unknown) => (): string => `${JSON.stringify(value, null, 2)}\n`;
  return section(
    'The data',
    element(
      'p',
      { class: 'downloads' },
      button('Figures as CSV', 'linkonce.csv', 'text/csv', () => renderCsv(measurement)),
      button('Every run as CSV', 'linkonce-runs.csv', 'text/csv', () => renderSamples(measurement)),
      button('Measurement as JSON', 'linkonce.json', 'application/json', json(measurement)),
      scale && button('Growth as JSON', 'linkonce-scale.json', 'application/json', json(scale)),
    ),
    element(
      'p',
      { class: 'facts' },
      '“linkonce report FILE” shows a measurement again; docs/formats/ says what stands in the files.',
    ),
  );
}
