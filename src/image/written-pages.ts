/** Pages that every start writes to: the loader has them made private by one call. */
import type { Blueprint, ProcessWord } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { moveAddress, regionShift } from '../provenance/layout.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown } from '../util/units.ts';
import type { TableRows } from './plan.ts';

/** Those of the loader's words, and what constructors wrote at bind. */
export function prefaultRows(
  blueprint: Blueprint,
  layout: Layout,
  words: readonly ProcessWord[],
): TableRows<'prefaults'> {
  const pages = new Set(blueprint.start.startWrites.map((page) => moveAddress(blueprint, layout, page)));
  for (const { address, region } of words)
    if (at(blueprint.regions, region, 'region').region.kind !== 'heap')
      pages.add(roundDown(address + regionShift(blueprint, layout, region)));
  return pageRuns([...pages].sort((a, b) => a - b));
}

function pageRuns(ascending: readonly Address[]): TableRows<'prefaults'> {
  const runs: { address: Address; length: number }[] = [];
  for (const page of ascending) {
    const last = runs.at(-1);
    if (last && last.address + last.length === page) last.length += pageSize;
    else runs.push({ address: page, length: pageSize });
  }
  return runs;
}
