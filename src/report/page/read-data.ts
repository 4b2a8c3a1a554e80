/** The data that stand in the page, as html.ts packed them. */
import type { ReportData } from '../report-data.ts';

export async function readData(): Promise<ReportData> {
  const text = document.getElementById('data')?.textContent ?? '';
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(stream).json()) as ReportData;
}
