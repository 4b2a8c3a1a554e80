/** `linkonce systems`: what each system states of itself. */
import type { Command } from 'commander';
import type { AddressFormat } from '../ranges/address-format.ts';
import { pictureOf } from '../ranges/address-format.ts';
import type { System } from '../systems/system.ts';
import { colorsFor } from '../util/colors.ts';

export function registerSystems(program: Command): void {
  program
    .command('systems')
    .summary('list the ways to share code')
    .description('List the systems: where modules go, what processes share, and when the work happens.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { systems } = await import('../systems/registry.ts');
      const { describeRandomness, describeSeen, formatsOf } = await import('../systems/variant-groups.ts');
      const texts = systems.map((each) =>
        describe(each, describeRandomness(each), describeSeen(each), formatsOf(each)),
      );
      const values = systems.map((each) => plain(each, formatsOf(each)));
      process.stdout.write(json ? `${JSON.stringify(values, null, 2)}\n` : texts.join('\n'));
    });
}

/** What a system states, without what it does. */
function plain(system: System, formats: readonly AddressFormat[]) {
  const { id, seed, summary, properties } = system;
  const variants = system.variants.map(({ id, summary, randomness, seenBy }) => ({
    id,
    summary,
    randomness,
    seenBy,
  }));
  return { id, seed, summary, properties, variants, formats };
}

function describe(
  { id, seed, summary, properties, variants }: System,
  randomness: string,
  seen: string,
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
    ['ASLR', randomness],
    ['seen by', seen],
    ...formats.map((format) => ['addresses', `${pictureOf(format)}  (${format.id})`] as const),
  ];
  const lines = rows.map(([name, text]) => `  ${colors.dim(name.padEnd(10))}  ${text}\n`);
  return `${colors.bold(id)} (${seed}): ${summary}\n${lines.join('')}`;
}
