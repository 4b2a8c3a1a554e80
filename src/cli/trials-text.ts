/** What `linkonce systems --try-tools` found: a table of systems and tools, and below it what its words mean, and why tools were skipped. */
import type { Sight, Tool } from '../systems/seen-by.ts';
import { sights, tools } from '../systems/seen-by.ts';
import { findSystem } from '../systems/registry.ts';
import { variantOf } from '../systems/build-variant.ts';
import type { Trial } from '../tools/run-tool.ts';
import { alignColumns } from '../util/align-columns.ts';
import type { TriedSystem } from './try-systems.ts';

/** Of the format: docs/formats/tools.md. */
export const toolsVersion = 1;

/** Short enough for a column. */
const marks: Readonly<Record<Sight, string>> = {
  all: 'all',
  handedOver: 'by ld.so',
  trapped: 'stops',
  ownFiles: 'names',
  innermost: 'top',
  afterBind: 'late',
  nothing: 'nothing',
};

export function trialsText(tried: readonly TriedSystem[]): string {
  const rows = tried.map((one) => [`${one.system}:${one.variant}`, ...tools.map((tool) => cell(one, tool))]);
  const used = new Set(tried.flatMap(trialsOf).filter((trial) => typeof trial === 'string'));
  const words = Object.entries(marks).filter(([sight]) => used.has(sight as Sight));
  const parts = [
    alignColumns([['', ...tools], ...rows], tools.length + 1),
    alignColumns(
      words.map(([sight, mark]) => [`${mark}:`, sights[sight as Sight]]),
      2,
    ),
    tried.flatMap(differences).join(''),
    reasons(tried).join(''),
  ];
  const text = parts.filter((part) => part !== '').join('\n');
  return text.replaceAll(/ +$/gm, '');
}

export function trialsJson(tried: readonly TriedSystem[]): string {
  return `${JSON.stringify({ format: 'linkonce-tools', version: toolsVersion, systems: tried }, null, 2)}\n`;
}

const trialsOf = ({ trials }: TriedSystem): Trial[] =>
  'skipped' in trials ? [trials] : tools.map((tool) => trials[tool]);

function cell({ trials, differs }: TriedSystem, tool: Tool): string {
  const trial = 'skipped' in trials ? trials : trials[tool];
  if (typeof trial !== 'string') return '–';
  return `${marks[trial]}${differs.includes(tool) ? '!' : ''}`;
}

function differences({ system: id, variant, differs }: TriedSystem): string[] {
  const system = findSystem(id);
  if (!system) return [];
  const { seenBy } = variantOf(system, variant);
  return differs.map((tool) => `! ${id}:${variant} states of ${tool}: ${sights[seenBy[tool]]}\n`);
}

/** Each once. */
function reasons(tried: readonly TriedSystem[]): string[] {
  const lines = tried.flatMap(({ system, variant, trials }) =>
    'skipped' in trials
      ? [`– ${system}:${variant}: ${trials.skipped}\n`]
      : tools.flatMap((tool) => {
          const trial = trials[tool];
          return typeof trial === 'string' ? [] : [`– ${tool}: ${trial.skipped}\n`];
        }),
  );
  return [...new Set(lines)];
}
