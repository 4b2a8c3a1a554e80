/** A process's memory against what provenance says that it has at a layout. */
import { expect } from 'vitest';
import type { DecodedPlan } from '../../src/image/plan.ts';
import type { Explained } from '../../src/provenance/explained.ts';
import { materialize } from '../../src/provenance/materialize.ts';
import type { Address } from '../../src/util/units.ts';
import { pageSize, roundDown } from '../../src/util/units.ts';
import { ownWords } from '../image/own-words.ts';
import { rowsOf } from '../systems/moved-process.ts';

/** Bytes that the kernel writes of a registered rseq area: struct rseq of linux/rseq.h. */
const rseqSize = 32;

/** Every page that the linker wrote, but for words of the process itself. `read`: a page of the process. */
export function expectProvenance(
  explained: Explained,
  plan: DecodedPlan,
  slide: number,
  read: (address: Address) => Buffer,
): void {
  const rows = rowsOf(explained);
  const regions = plan.rows('regions');
  const rowOf = (region: number) => regions[rows.get(region) ?? 0];
  const layout = explained.regions.map(({ region }, index) => {
    const row = rowOf(index);
    if (region.mappings.length === 0 || row === undefined || region.kind === 'heap') return region.start;
    return Number(row.address) + (row.alignment === 0n ? 0 : slide);
  });
  const own = ownBytes(explained);
  let pages = 0;
  materialize(explained, layout).forEach((moved, index) => {
    const region = explained.regions[index]?.region;
    if (region?.mappings.length === 0 || region?.kind === 'heap') return;
    for (const [page, bytes] of moved) {
      const address = page + (layout[index] ?? 0) - (region?.start ?? 0);
      const actual = Buffer.from(read(address));
      for (const at of own.get(page) ?? []) actual[at] = bytes[at] ?? 0;
      if (!actual.equals(bytes))
        expect(differences(actual, bytes), `page 0x${page.toString(16)}`).toEqual([]);
      pages++;
    }
  });
  expect(pages).toBeGreaterThan(10);
}

/** Offsets of bytes that processes have for themselves, or the image has its own code in, by page. */
function ownBytes(explained: Explained): ReadonlyMap<Address, readonly number[]> {
  const bytes = new Map<Address, number[]>();
  const add = (address: Address, width: number): void => {
    for (let at = address; at < address + width; at++) {
      const page = roundDown(at);
      bytes.set(page, [...(bytes.get(page) ?? []), at - page]);
    }
  };
  for (const { address, width } of ownWords(explained)) add(address, width);
  const { rseq } = explained.start.registrations;
  if (rseq) add(rseq.address, rseqSize);
  return bytes;
}

function differences(actual: Buffer, expected: Buffer): string[] {
  const words = Array.from({ length: pageSize / 8 }, (_, index) => index * 8);
  return words
    .filter((at) => actual.readBigUInt64LE(at) !== expected.readBigUInt64LE(at))
    .map(
      (at) =>
        `${at}: ${actual.readBigUInt64LE(at).toString(16)} ${expected.readBigUInt64LE(at).toString(16)}`,
    );
}
