/** The table of the opener in an image that was written: behind the plan's own tables. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { DecodedOpened } from './decode-opened.ts';
import { decodeOpened } from './decode-opened.ts';
import type { DecodedPlan } from './plan.ts';
import { planOffset } from './plan-layout.ts';

/** Undefined where the program opens nothing that is prepared. Throws LinkonceError naming the image where the table is damaged. */
export function readOpenedTable(image: string, { header }: DecodedPlan): DecodedOpened | undefined {
  if (header.opened_size === 0n) return undefined;
  const bytes = readPart(image, BigInt(planOffset) + header.tables_size, header.opened_size);
  return decodeOpened(bytes, image, header.file_size);
}

/** What the file has of it. */
export function readPart(path: string, offset: bigint, size: bigint): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(Number(size), fstatSync(file).size));
    const length = readSync(file, bytes, 0, bytes.length, Number(offset));
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Where it stands in the bytes of a whole image. */
export function openedTableIn(image: Buffer, { header }: DecodedPlan): Buffer {
  const start = planOffset + Number(header.tables_size);
  return image.subarray(start, start + Number(header.opened_size));
}
