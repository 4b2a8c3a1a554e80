/** What a stopped process has where, page by page, for the map of its address space. */
import { walkProcess, protectionText, reasonOf } from '../pages/walk-process.ts';
import type { WalkedPart } from '../pages/walk-process.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { AddressSpace, PageRun, PageState, SpaceRange } from './address-space.ts';
import { encodeSpace } from './address-space.ts';

/** Throws LinkonceError where the process has ended, or may not be looked at. */
export function readSpace(pid: number): AddressSpace {
  return encodeSpace(walkProcess(pid, rangeOf).parts);
}

function rangeOf(walked: WalkedPart): SpaceRange {
  const { line, area, name, module } = walked.part;
  return {
    start: line.start,
    protection: protectionText(line),
    area,
    name,
    ...(module !== undefined && { module }),
    runs: pageRuns(line.start, line.end, statesOf(walked)),
  };
}

/** Of each page that is there: also shared is what a fork left shared, and the kernel's page of zeros. */
function statesOf({ part, pages, verdictOn }: WalkedPart): ReadonlyMap<Address, PageState> {
  const states = new Map<Address, PageState>();
  for (const address of [...pages.ofFile, ...pages.notOfFile]) states.set(address, 'shared');
  for (const address of pages.own) states.set(address, reasonOf(part, verdictOn(address)));
  return states;
}

/** A reserved range may have millions of pages that are not there: only those that are there are looked at. */
export function pageRuns(
  start: Address,
  end: Address,
  states: ReadonlyMap<Address, PageState>,
): readonly PageRun[] {
  const runs: { pages: number; state: PageState }[] = [];
  const add = (pages: number, state: PageState): void => {
    const last = runs.at(-1);
    if (pages === 0) return;
    if (last?.state === state) last.pages += pages;
    else runs.push({ pages, state });
  };
  let next = start;
  for (const address of [...states.keys()].sort((a, b) => a - b)) {
    add((address - next) / pageSize, 'absent');
    add(1, states.get(address) ?? 'absent');
    next = address + pageSize;
  }
  add((end - next) / pageSize, 'absent');
  return runs;
}
