/** A process of rebase-startup at the handoff point: where its regions are, and which of its pages are private. */
import { realpathSync } from 'node:fs';
import { expect } from 'vitest';
import type { MapsLine } from '../../src/capture/memory-map.ts';
import { readMaps } from '../../src/capture/memory-map.ts';
import { PageMap } from '../../src/capture/page-map.ts';
import { Tracee } from '../../src/capture/ptrace.ts';
import { runTo } from '../../src/capture/stop-point.ts';
import { imageThunks } from '../../src/image/thunks.ts';
import type { DecodedPlan } from '../../src/image/plan.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import type { Explained } from '../../src/provenance/explained.ts';
import { findUnwindTable } from '../../src/provenance/unwind-table.ts';
import type { Address } from '../../src/util/units.ts';
import { pageSize, roundDown } from '../../src/util/units.ts';
import { followLoader } from '../image/follow-loader.ts';
import type { PlacedProgram } from './placed-program.ts';

export interface MovedProcess {
  readonly plan: DecodedPlan;
  readonly maps: readonly MapsLine[];
  /** By row of the plan's regions, bytes; 0 for memory without a file, where nothing slides. */
  readonly shifts: readonly number[];
  /** Private pages, ascending. */
  readonly own: readonly Address[];
}

interface LookOptions {
  /** All regions move by one distance. */
  readonly slides?: boolean;
  readonly look?: (tracee: Tracee) => void;
}

/** Starts a program, looks at it at its handoff point, and ends it. */
export function atHandoff(
  { file, image }: Pick<PlacedProgram, 'file' | 'image'>,
  { slides = false, look }: LookOptions = {},
): MovedProcess {
  const plan = readPlan(image);
  const tracee = Tracee.start({ file, argv: [file], environment: {}, quiet: true });
  try {
    followLoader(tracee);
    const shifts = shiftsOf(plan, readMaps(tracee.pid), slides);
    const handoff = Number(plan.header.handoff) + (shifts[Number(plan.header.handoff_region)] ?? 0);
    expect(runTo(tracee, handoff)).toEqual({ kind: 'point' });
    const maps = readMaps(tracee.pid).filter(({ name }) => !name.startsWith('['));
    const pages = new PageMap(tracee.pid);
    const own = maps.flatMap(({ start, end }) => pages.read(start, end).notOfFile);
    pages.close();
    look?.(tracee);
    return { plan, maps, shifts, own };
  } finally {
    tracee.end();
  }
}

/** From the modules' own files, of which each has its first page mapped. */
function shiftsOf(plan: DecodedPlan, maps: readonly MapsLine[], slides: boolean): number[] {
  const shifts = plan.rows('regions').map(({ path, address, alignment }) => {
    const file = plan.text(path);
    const line =
      file === '' || alignment === 0n ? undefined : maps.find(({ name }) => name === realpathSync(file));
    return line && line.start - Number(address);
  });
  const slide = slides ? (shifts.find((each) => each !== undefined) ?? 0) : 0;
  return plan.rows('regions').map(({ alignment }, row) => shifts[row] ?? (alignment === 0n ? 0 : slide));
}

/**
 * Pages that must be private, by what provenance says of their words; ascending. The heap always is. `fixes`: the loader fixes
 * what refers to a module that moved, and sorts the table of modules anew; from a place all of that comes as it must be.
 */
export function predictPages(
  explained: Explained,
  { plan, shifts }: MovedProcess,
  fixes: 'loader' | 'place' = 'loader',
): Address[] {
  const pages = new Set<Address>();
  const rows = rowsOf(explained);
  const regions = plan.rows('regions');
  const placeOf = (region: number): Address => {
    const row = rows.get(region) ?? 0;
    return Number(regions[row]?.address) + (shifts[row] ?? 0);
  };
  const add = (region: number, address: Address, width: number): void => {
    if (explained.regions[region]!.region.kind === 'heap') return;
    const start = placeOf(region) + address - explained.regions[region]!.region.start;
    pages.add(roundDown(start)).add(roundDown(start + width - 1));
  };
  const hasMoved = (region: number): boolean => shifts[rows.get(region) ?? 0] !== 0;
  // These lead to the thunks, which stay; a thunk leads to another word for the vdso.
  const settled = new Set(explained.vdsoSlots.map(({ address }) => address));
  const { count, addresses, owners, targets } = explained.references;
  for (let index = 0; fixes === 'loader' && index < count; index++)
    if (hasMoved(targets[index]!) && !settled.has(addresses[index]!))
      add(owners[index]!, addresses[index]!, 8);
  const unmoved = explained.regions.map(({ region }) => region.start);
  if (imageThunks(explained, unmoved, 0).operands.some(({ region }) => hasMoved(region)))
    pages.add(Number(plan.header.loader_address + plan.header.loader_size) - pageSize);
  for (const { region, address, width } of explained.processWords)
    if (!settled.has(address)) add(region, address, width);
  const sorted = fixes === 'loader' ? sortedEntries(explained, (each) => placeOf(each)) : [];
  for (const { region, address } of sorted) add(region, address, 32);
  const { rseq } = explained.start.registrations;
  if (rseq)
    add(
      explained.regions.findIndex(({ region }) => contains(region, rseq.address)),
      rseq.address,
      8,
    );
  return [...pages].sort((a, b) => a - b);
}

/** Entries of glibc's table of modules that hold another module once it is sorted; the vdso's is last. */
function sortedEntries(explained: Explained, placeOf: (region: number) => Address) {
  const table = findUnwindTable(explained);
  const { addresses, targets } = explained.references;
  const entries = Array.from({ length: table?.count ?? 0 }, (_, index) => {
    const address = table!.address + index * 32;
    const module = targets[addresses.indexOf(address)];
    return { region: table!.region, address, start: module === undefined ? Infinity : placeOf(module) };
  });
  const sorted = [...entries].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  return entries.filter((entry, index) => entry !== sorted[index]);
}

function contains({ start, end }: { start: Address; end: Address }, address: Address): boolean {
  return address >= start && address < end;
}

/** The plan has plan and loader first, then each region with memory. */
export function rowsOf({ regions }: Explained): Map<number, number> {
  const used = [...regions.keys()].filter((index) => regions[index]!.region.mappings.length > 0);
  return new Map(used.map((region, position) => [region, position + 1]));
}
