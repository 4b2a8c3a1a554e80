/** `linkonce systems`: what each system states of itself. */
import type { Command } from 'commander';
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
      process.stdout.write(
        json ? `${JSON.stringify(systems.map(plain), null, 2)}\n` : systems.map(describe).join('\n'),
      );
    });
}

/** What a system states, without what it does. */
function plain({
  id,
  seed,
  summary,
  properties,
  variants,
  formats = [],
}: System): Omit<System, 'build' | 'arrangements'> {
  return { id, seed, summary, properties, variants, formats };
}

function describeAslr({ bits, drawn }: System['properties']['aslr'][number]): string {
  return drawn === 'never' ? 'none' : `${bits} bits, drawn once a ${drawn}`;
}

function describe({ id, seed, summary, properties, variants, formats = [] }: System): string {
  const colors = colorsFor(process.stdout);
  const { work, aslr } = properties;
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
    ['ASLR', aslr.map(describeAslr).join('; ')],
    ...formats.map((format) => ['addresses', `${pictureOf(format)}  (${format.id})`] as const),
  ];
  const lines = rows.map(([name, text]) => `  ${colors.dim(name.padEnd(10))}  ${text}\n`);
  return `${colors.bold(id)} (${seed}): ${summary}\n${lines.join('')}`;
}
