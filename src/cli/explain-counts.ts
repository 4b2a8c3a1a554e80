/** The counts of `linkonce explain`: how many words of each kind the linker wrote into each module. */
import type { Region } from '../capture/capture.ts';
import { wordKinds, type Explained, type WordCounts, type WordKind } from '../provenance/explained.ts';
import { alignColumns } from '../util/align-columns.ts';

export interface ExplanationCounts {
  readonly program: string;
  readonly regions: readonly { readonly name: string; readonly path?: string; readonly counts: WordCounts }[];
  readonly total: WordCounts;
  readonly slots: { readonly bound: number; readonly lazy: number };
  readonly relocationsAgreed: number;
}

export function explanationCounts({
  program,
  regions,
  counts,
  slots,
  relocationsAgreed,
}: Explained): ExplanationCounts {
  const rows = regions.map(({ region }, index) => ({ ...naming(region), counts: counts[index] ?? zero() }));
  return {
    program: program.path,
    regions: rows,
    total: rows.reduce((sum, row) => add(sum, row.counts), zero()),
    slots,
    relocationsAgreed,
  };
}

/** What a region is called: its module, or what kind of memory it is. */
function naming({ module, kind }: Region): { name: string; path?: string } {
  return module === undefined ? { name: `[${kind}]` } : { name: module.name, path: module.path };
}

function zero(): Record<WordKind, number> {
  return Object.fromEntries(wordKinds.map((kind) => [kind, 0])) as Record<WordKind, number>;
}

function add(left: WordCounts, right: WordCounts): WordCounts {
  return Object.fromEntries(wordKinds.map((kind) => [kind, left[kind] + right[kind]])) as WordCounts;
}

/** The counts as a table. What the loader writes in each process has one column, and its kinds a line below. */
export function explanationTable(explained: Explained): string {
  const { regions, total, slots, relocationsAgreed } = explanationCounts(explained);
  const rows = [...regions, { name: 'total', counts: total }];
  const cells = rows.map(({ name, counts }) =>
    [name, counts.constant, counts.reference, perProcess(counts)].map(String),
  );
  return (
    alignColumns([['module', 'constant', 'reference', 'per process'], ...cells]) +
    `Per process: ${processKinds.map((kind) => `${total[kind]} ${kind}`).join(', ')}.\n` +
    `${relocationsAgreed} words were also computed from the relocations of the files, and agree.\n` +
    `Of the slots that are filled at the first call, ${slots.bound} are bound and ${slots.lazy} stay lazy.\n`
  );
}

const processKinds = wordKinds.filter((kind) => kind !== 'constant' && kind !== 'reference');

function perProcess(counts: WordCounts): number {
  return processKinds.reduce((sum, kind) => sum + counts[kind], 0);
}
