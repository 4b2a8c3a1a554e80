/** `linkonce inspect --calls` for people: tables, the largest rows first. */
import type { CallSite, ModuleCalls } from '../calls/module-calls.ts';
import { readCalls } from '../calls/read-calls.ts';
import { crossReferenceKinds } from '../calls/references.ts';
import type { CrossReferencePair } from '../calls/references.ts';
import type { ElfFile } from '../elf/elf-file.ts';
import { alignColumns } from '../util/align-columns.ts';
import type { ProgramCalls, SiteCounts } from './inspect-calls.ts';
import { countSites, siteKinds, slotName } from './inspect-calls.ts';

/** Rows of a table without `--all`. */
const usualRows = 20;

const siteHeads = ['call', 'jump', 'cond.', 'slot-call', 'slot-jump'];

export function programCallsText(
  { program, modules, references, pairs }: ProgramCalls,
  all: boolean,
): string {
  const ordered = modules.toSorted((a, b) => b.calls.sites.length - a.calls.sites.length);
  const rows = ordered.map(({ module, calls }) => [module.name, ...moduleCells([calls])]);
  const total = ['total', ...moduleCells(ordered.map(({ calls }) => calls))];
  return [
    `${program.path}: ${modules.length} modules, their PLT slots and call sites\n\n`,
    table(['module', 'PLT', ...siteHeads, 'left alone'], rows, all, 1, total),
    `\nCross-references: ${references.length} symbols of one module in another\n\n`,
    alignColumns([['kind', 'pairs', 'symbols', 'count'], ...kindRows(pairs)]),
    '\n',
    table(['kind', 'from', 'to', 'symbols', 'count'], pairs.map(pairCells), all, 3),
    '\ncall and slot-call count sites, address and data relocations.\n',
  ].join('');
}

/** A library, or any file without the rest of its program. */
export function fileCallsText(elf: ElfFile, all: boolean): string {
  const calls = readCalls(elf);
  const slots = [...sitesBySlot(calls)].sort(([, a], [, b]) => b.length - a.length);
  const rows = slots.map(([slot, sites]) => [slotName(elf, calls, slot), ...siteCells(countSites(sites))]);
  const { undecodable, unreached } = calls.left;
  return [
    `${elf.path}: ${calls.plt.length} PLT slots, ${calls.sites.length} call sites\n`,
    `Left alone: ${undecodable} in functions that cannot be decoded, at most ${unreached} elsewhere.\n\n`,
    table(['symbol', ...siteHeads], rows, all, 1, ['total', ...siteCells(countSites(calls.sites))]),
  ].join('');
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  all: boolean,
  left: number,
  total?: readonly string[],
): string {
  const shown = all ? rows : rows.slice(0, usualRows);
  const hidden = rows.length - shown.length;
  const more = hidden === 0 ? [] : [[`(${hidden} more)`]];
  return alignColumns([head, ...shown, ...more, ...(total ? [total] : [])], left);
}

/** The sums of several modules. */
function moduleCells(modules: readonly ModuleCalls[]): string[] {
  const sum = (of: (calls: ModuleCalls) => number): number =>
    modules.reduce((total, calls) => total + of(calls), 0);
  const counts = modules.map(({ sites }) => countSites(sites));
  return [
    sum(({ plt }) => plt.length),
    ...siteKinds.map((kind) => counts.reduce((total, each) => total + each[kind], 0)),
    sum(({ left }) => left.undecodable + left.unreached),
  ].map(String);
}

function siteCells(counts: SiteCounts): string[] {
  return siteKinds.map((kind) => String(counts[kind]));
}

function kindRows(pairs: readonly CrossReferencePair[]): string[][] {
  return crossReferenceKinds.map((kind) => {
    const own = pairs.filter((pair) => pair.kind === kind);
    const sum = (of: 'symbols' | 'count'): number => own.reduce((total, pair) => total + pair[of], 0);
    return [kind, ...[own.length, sum('symbols'), sum('count')].map(String)];
  });
}

function pairCells({ kind, from, to, symbols, count }: CrossReferencePair): string[] {
  return [kind, from.name, to.name, String(symbols), String(count)];
}

function sitesBySlot({ sites }: ModuleCalls): Map<number, CallSite[]> {
  const found = new Map<number, CallSite[]>();
  for (const site of sites) {
    const known = found.get(site.slot);
    if (known) known.push(site);
    else found.set(site.slot, [site]);
  }
  return found;
}
