/** `linkonce model cost`: processes of many modules under every system, on paper. */
import type { Command } from 'commander';
import type { ProcessCosts, ProgramSize } from '../../models/cost.ts';
import { costOf, syntheticTree } from '../../models/cost.ts';
import { compactKb, significantDigits } from '../../report/format.ts';
import type { System } from '../../systems/system.ts';
import { atMost, positiveInteger } from '../options.ts';
import { count, writeModel } from './output.ts';

interface CostOptions {
  readonly modules: number;
  readonly processes: number;
  readonly imports: number;
  readonly relocatedPages: number;
  readonly filePages: number;
  readonly json?: boolean;
}

interface CostRow extends ProcessCosts {
  readonly system: string;
  readonly variant: string;
}

export function registerCost(model: Command): void {
  model
    .command('cost')
    .summary('what processes of many modules cost under every system')
    .description(
      'What processes of many modules cost under every system: mappings, private memory and start-up time of one process, memory ' +
        'and mappings of all. The modules are those of `linkonce synthetic --lazy`; docs/models.md has the laws, and how far they are right.',
    )
    .option('--modules <n>', 'shared libraries, up to 100,000', atMost(100_000), 100)
    .option('--processes <n>', 'alive at once, up to 1,000,000', atMost(1_000_000), 100)
    .option(
      '--imports <n>',
      'symbols of each importing module, a quarter of them functions that it calls',
      positiveInteger,
      20,
    )
    .option('--relocated-pages <n>', 'pages of a module that relocation writes', positiveInteger, 1)
    .option('--file-pages <n>', 'pages of a module', positiveInteger, 5)
    .option('--json', 'print JSON')
    .action(async (options: CostOptions) => {
      const { systems } = await import('../../systems/registry.ts');
      const rows = systems.flatMap((system) => rowsOf(system, options));
      writeModel([tableOf(rows, options)], { ...options, rows }, options.json);
    });
}

function rowsOf({ id, variants }: System, { processes, ...size }: CostOptions): CostRow[] {
  const program: ProgramSize = { ...syntheticTree, ...size };
  return variants.flatMap(({ id: variant, costs }) =>
    costs ? [{ system: id, variant, ...costOf(costs, program, processes) }] : [],
  );
}

/** vm.max_map_count: more mappings no process has, unless the machine is told to allow them. */
const mostMappings = 65_530;

function tableOf(rows: readonly CostRow[], { modules, processes }: CostOptions) {
  const tooMany = rows.some(({ mappings }) => mappings > mostMappings);
  const note = tooMany
    ? `; *: more mappings than the ${count(mostMappings)} that Linux allows a process`
    : '';
  return {
    title: `${count(processes)} processes of ${count(modules)} modules: mappings, private memory and start-up of one, memory and mappings of all (on paper${note})`,
    head: ['system', 'mappings', 'kB', 'ms', 'all kB', 'all maps'],
    rows: rows.map(({ system, variant, mappings, privateKb, startupMs, memoryKb, allMappings }) => [
      `${system}:${variant}`,
      `${mappings > mostMappings ? '*' : ''}${count(mappings)}`,
      count(privateKb),
      significantDigits(startupMs),
      compactKb(memoryKb),
      allMappings.toExponential(1),
    ]),
  };
}
