/** The data behind the page, to keep or to compute with. */
import { renderCsv } from '../csv.ts';
import type { ReportData } from '../report-data.ts';
import { download } from './download.ts';
import { element, section } from './element.ts';

export function createDownloads({ measurement, scale }: ReportData): HTMLElement {
  const button = (text: string, name: string, type: string, content: () => string): HTMLElement => {
    const created = element('button', { type: 'button' }, text);
    created.addEventListener('click', () => {
      download(new Blob([content()], { type }), name);
    });
    return created;
  };
  const json = (value: unknown) => (): string => `${JSON.stringify(value, null, 2)}\n`;
  return section(
    'The data',
    element(
      'p',
      { class: 'downloads' },
      button('Figures as CSV', 'linkonce.csv', 'text/csv', () => renderCsv(measurement)),
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
