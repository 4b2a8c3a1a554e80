/** `linkonce systems`: what each system states of itself. */
import type { Command } from 'commander';
import type { SystemChoice } from '../pipeline.ts';
import type { AddressFormat } from '../ranges/address-format.ts';
import { pictureOf } from '../ranges/address-format.ts';
import type { System } from '../systems/system.ts';
import { colorsFor } from '../util/colors.ts';

interface SystemsOptions {
  readonly json?: boolean;
  readonly tryTools?: boolean;
}

export function registerSystems(program: Command): void {
  program
    .command('systems')
    .summary('list the ways to share code')
    .description(
      'List the systems: where modules go, what processes share, and when the work happens. With --try-tools: what perf, gdb and ' +
        'other tools see of a process under each, by trying on this machine; ends with 1 where that is not as stated.',
    )
    .argument('[system...]', 'only these, as id or id:variant')
    .option('--json', 'print JSON')
    .option(
      '--try-tools',
      'set tools on a process under each, and compare what they see with what the system states',
    )
    .action(async (names: readonly string[], options: SystemsOptions, command: Command) => {
      const choices = await chosen(names, options.tryTools ?? false, command);
      process.stdout.write(options.tryTools ? await tryEach(choices, options) : await list(choices, options));
    });
}

/** `byVariant`: a system without a variant stands for each of its variants that tools may see otherwise. */
async function chosen(
  names: readonly string[],
  byVariant: boolean,
  command: Command,
): Promise<readonly SystemChoice[]> {
  const { chooseSystems } = await import('./system-choice.ts');
  const text = names.length === 0 ? undefined : names.join(',');
  const choices = await chooseSystems(text, command, byVariant ? 'all' : 'first');
  if (!byVariant) return choices;
  const { variantOf } = await import('../systems/build-variant.ts');
  const seen = choices.map(
    ({ system, variant }) => `${system.id} ${JSON.stringify(variantOf(system, variant).seenBy)}`,
  );
  return choices.filter(
    (_, index) => names.some((name) => name.includes(':')) || seen.indexOf(seen[index] ?? '') === index,
  );
}

async function list(choices: readonly SystemChoice[], { json }: SystemsOptions): Promise<string> {
  const { describeConstants, describeRandomness, describeSeen, formatsOf } =
    await import('../systems/variant-groups.ts');
  const systems = choices.map(({ system }) => system);
  if (json) {
    const values = systems.map((each) => plain(each, formatsOf(each)));
    return `${JSON.stringify(values, null, 2)}\n`;
  }
  const texts = systems.map((each) => {
    const byVariant = [
      ['ASLR', describeRandomness(each)],
      ['callable', describeConstants(each, 'called')],
      ['readable', describeConstants(each, 'read')],
      ['seen by', describeSeen(each)],
    ] as const;
    return describe(each, byVariant, formatsOf(each));
  });
  return texts.join('\n');
}

async function tryEach(choices: readonly SystemChoice[], { json }: SystemsOptions): Promise<string> {
  const { tryToolsUnder } = await import('./try-systems.ts');
  const { trialsJson, trialsText } = await import('./trials-text.ts');
  const { withProgress } = await import('./progress.ts');
  const tried = await withProgress((onProgress) => tryToolsUnder(choices, onProgress));
  if (tried.some(({ differs }) => differs.length > 0)) process.exitCode = 1;
  return json ? trialsJson(tried) : trialsText(tried);
}

/** What a system states, without what it does. */
function plain(system: System, formats: readonly AddressFormat[]) {
  const { id, seed, summary, properties } = system;
  const variants = system.variants.map(({ id, summary, randomness, constants = {}, seenBy }) => ({
    ...{ id, summary, randomness, constants, seenBy },
  }));
  return { id, seed, summary, properties, variants, formats };
}

function describe(
  { id, seed, summary, properties, variants }: System,
  byVariant: readonly (readonly [string, string])[],
  formats: readonly AddressFormat[],
): string {
  const colors = colorsFor(process.stdout);
  const { work } = properties;
  const rows: readonly (readonly [string, string])[] = [
    ...variants.map((variant) => [`:${variant.id}`, variant.summary] as const),
    ['placement', properties.placement],
    ['shared', properties.shared],
    ['private', properties.private],
    ['mapping', work.mapping],
    ['relocation', work.relocation],
    ['binding', work.binding],
    ['collision', properties.onCollision],
    ['upgrade', properties.onUpgrade],
    ['dlopen', properties.onDlopen],
    ...byVariant,
    ...formats.map((format) => ['addresses', `${pictureOf(format)}  (${format.id})`] as const),
  ];
  const lines = rows.map(([name, text]) => `  ${colors.dim(name.padEnd(10))}  ${text}\n`);
  return `${colors.bold(id)} (${seed}): ${summary}\n${lines.join('')}`;
}
