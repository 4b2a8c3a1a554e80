/** The table of the opener in an image that was written: behind the plan's own tables. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { DecodedOpened } from './opened-table.ts';
import { decodeOpened } from './opened-table.ts';
import type { DecodedPlan } from './plan.ts';

/** Undefined where the program opens nothing that is prepared. */
export function readOpenedTable(image: string, { header }: DecodedPlan): DecodedOpened | undefined {
  const bytes = Buffer.alloc(Number(header.opened_size));
  if (bytes.length === 0) return undefined;
  const file = openSync(image, 'r');
  readSync(file, bytes, 0, bytes.length, Number(header.tables_size));
  closeSync(file);
  return decodeOpened(bytes);
}

/** Where it stands in the bytes of a whole image. */
export function openedTableIn(image: Buffer, { header }: DecodedPlan): Buffer {
  const start = Number(header.tables_size);
  return image.subarray(start, start + Number(header.opened_size));
}
