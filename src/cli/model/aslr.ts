/** `linkonce model aslr`: random addresses against sharing. */
import type { Command } from 'commander';
import type { LayoutCost } from '../../models/aslr.ts';
import { groupedCost, layoutCost } from '../../models/aslr.ts';
import { compactKb } from '../../report/format.ts';
import type { EquallyRandom } from '../../systems/variant-groups.ts';
import { roundedBits } from '../../systems/variant-groups.ts';
import type { System } from '../../systems/system.ts';
import { positiveInteger } from '../options.ts';
import { count, percent, writeModel } from './output.ts';

interface AslrOptions {
  readonly processes: number;
  readonly relocatedKb: number;
  readonly groups: number;
  readonly json?: boolean;
}

interface AslrRow extends LayoutCost {
  readonly system: string;
  readonly bits: number;
  readonly drawn: string;
}

export function registerAslr(model: Command): void {
  model
    .command('aslr')
    .summary('what random addresses of each system cost, and are worth')
    .description(
      'What random addresses of each system cost, and are worth. Those that are drawn for a store or a boot stand in its images: whoever can ' +
        'read one knows them without a leak (docs/safety.md: at boot, per user, for a group).',
    )
    .option('--processes <n>', 'processes of one program, alive at once', positiveInteger, 100)
    .option('--relocated-kb <n>', 'kB that the dynamic linker writes in each', positiveInteger, 1000)
    .option(
      '--groups <n>',
      'groups of processes with a layout each: a line between the extremes',
      positiveInteger,
      4,
    )
    .option('--json', 'print JSON')
    .action(async (options: AslrOptions) => {
      const { systems } = await import('../../systems/registry.ts');
      const { byRandomness } = await import('../../systems/variant-groups.ts');
      const rows = systems.flatMap((system) => rowsOf(system, byRandomness(system), options));
      rows.push(grouped(options));
      writeModel([tableOf(rows, options), constantsOf(rows)], { ...options, rows }, options.json);
    });
}

/** A line for each way in which addresses are drawn: of the system, or where its variants differ of each. */
function rowsOf(system: System, groups: readonly EquallyRandom[], options: AslrOptions): AslrRow[] {
  const { processes, relocatedKb } = options;
  const named = groups.flatMap(({ variants, ...group }) =>
    groups.length === 1
      ? [{ name: system.id, ...group }]
      : variants.map((variant) => ({ name: `${system.id}:${variant}`, ...group })),
  );
  return named.flatMap(({ name, randomness, constants }) => {
    const isCalled = constants?.called !== undefined;
    const isRead = constants?.read !== undefined;
    return randomness.map(({ bits, drawn }) => ({
      system: name,
      ...{ bits, drawn },
      ...layoutCost({ bits, drawn, isCalled, isRead, processes, relocatedKb }),
    }));
  });
}

/** As many bits as a place has. */
const groupBits = 24;

function grouped({ processes, relocatedKb, groups }: AslrOptions): AslrRow {
  const settings = { bits: groupBits, processes, relocatedKb };
  return { system: 'in groups', bits: groupBits, drawn: 'group', ...groupedCost(settings, groups) };
}

/** Millions by their powers of ten, so that a line has its room; JSON has them exactly. */
function compactCount(value: number): string {
  return value < 1e6 ? count(value) : value.toExponential(1);
}

function tableOf(rows: readonly AslrRow[], { processes, relocatedKb }: AslrOptions) {
  return {
    title: `${count(processes)} processes, ${count(relocatedKb)} kB relocated in each (on paper; expected values)`,
    head: ['system', 'drawn', 'bits', 'layouts', 'guesses', 'one leak', 'kB'],
    rows: rows.map(({ system, drawn, bits, layouts, guesses, exposed, memoryKb }) => [
      system,
      drawn,
      roundedBits(bits),
      count(layouts),
      compactCount(guesses),
      percent(exposed),
      compactKb(memoryKb),
    ]),
    left: 2,
  };
}

/** Where something is at a constant address, though code is not. */
function constantsOf(rows: readonly AslrRow[]) {
  const known = rows.filter(({ guesses, toCall, toRead }) => toCall < guesses || toRead < guesses);
  return {
    title:
      'At constant addresses: guesses until code there calls a function, until a word there tells where code is; of all others as many as above',
    head: ['system', 'drawn', 'call', 'read'],
    rows: known.map(({ system, drawn, toCall, toRead }) => [
      system,
      drawn,
      compactCount(toCall),
      compactCount(toRead),
    ]),
    left: 2,
  };
}
