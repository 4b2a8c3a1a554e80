/** How the models answer: a title that says what kind of figures follow, and a table; or JSON. */
import type { Simulated } from '../../models/wilson.ts';
import { wrap } from '../../report/format.ts';
import { alignColumns } from '../../util/align-columns.ts';

export interface ModelTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns to the left; 1 where absent. */
  readonly left?: number;
}

/** `value`: what JSON has of the same. */
export function writeModel(tables: readonly ModelTable[], value: unknown, json: boolean | undefined): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : tables.map(tableText).join('\n'));
}

function tableText({ title, head, rows, left }: ModelTable): string {
  const lines = [...(head.length > 0 ? [head] : []), ...rows];
  return `${wrap(title, '')}\n${alignColumns(lines, left).replaceAll(/^/gm, '  ').trimEnd()}\n`;
}

/** `12.3 %`, `0.0012 %`. */
export function percent(part: number): string {
  const value = part * 100;
  const digits = value >= 0.1 || value === 0 ? value.toFixed(1) : value.toPrecision(2);
  return `${digits} %`;
}

/** `49.6 % [48.6 %–50.6 %]`. */
export function interval({ probability, low, high }: Simulated): string {
  return `${percent(probability)} [${percent(low)}–${percent(high)}]`;
}

/** `1,234`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
