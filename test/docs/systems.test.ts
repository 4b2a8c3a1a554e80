/** docs/systems.md against the systems themselves. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Measurement } from '../../src/measure/measurement.ts';
import { systems } from '../../src/systems/registry.ts';
import type { System } from '../../src/systems/system.ts';
import { packageRoot } from '../../src/util/native.ts';
import { describeConstants, describeRandomness, describeSeen } from '../../src/systems/variant-groups.ts';

const folder = path.join(packageRoot(), 'docs');
const text = readFileSync(path.join(folder, 'systems.md'), 'utf8');
const headings = systems.map(({ id, seed }) => `${seed.charAt(0).toUpperCase()}${seed.slice(1)}: \`${id}\``);
const sections = new Map(
  text.split(/^## /m).map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
);

/** Of the table under a heading: its cells, without the head. */
function tableBelow(section: string, heading: string): string[][] {
  const rows =
    section
      .split(`### ${heading}\n`)[1]
      ?.split(/^### /m)[0]
      ?.match(/^\|.*\|$/gm) ?? [];
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What `linkonce systems` says. */
function statedBy(system: System): string[][] {
  const { placement, shared, private: own, work, onCollision, onUpgrade, onDlopen } = system.properties;
  return [
    ['modules', placement],
    ['shared', shared],
    ['private', own],
    ['mapping', work.mapping],
    ['relocation', work.relocation],
    ['binding', work.binding],
    ['collision', onCollision],
    ['upgrade', onUpgrade],
    ['dlopen', onDlopen],
    ['ASLR', describeRandomness(system)],
    ['callable', describeConstants(system, 'called')],
    ['readable', describeConstants(system, 'read')],
    ['seen by', describeSeen(system)],
  ];
}

test('has a section for each system, in their order', () => {
  expect([...sections.keys()].filter((heading) => heading.includes('`'))).toEqual(headings);
});

describe.each(systems.map((system, index) => ({ system, section: sections.get(headings[index]!) ?? '' })))(
  '$system.id',
  ({ system, section }) => {
    const { id, variants } = system;

    test('costs what the system states', () => {
      expect(tableBelow(section, 'What it costs when')).toEqual(statedBy(system));
    });

    test('has a picture, what the seed says, what was built, and a place for what was measured', () => {
      expect(section).toMatch(/^```text\n/m);
      expect(section.match(/^### .*$/gm)).toEqual(
        ['What the seed says', 'What was built', 'What it costs when', 'What was measured'].map(
          (each) => `### ${each}`,
        ),
      );
      expect(section).toContain(`<!-- measured: ${id} -->\n`);
      expect(section).toContain(`(../src/systems/${id}/)`);
    });

    test('says what each variant is', () => {
      const built = section.split('### What was built\n')[1] ?? '';
      for (const variant of variants) if (variants.length > 1) expect(built).toContain(`\`:${variant.id}\``);
    });

    test('stands in the overview', () => {
      expect(sections.get('Side by side')).toMatch(new RegExp(`^\\| \`${id}\` +\\| ${system.seed} `, 'm'));
    });
  },
);

test('what has no figures has its reason below the table', () => {
  const report = readFileSync(path.join(folder, 'reports', 'everyday.json'), 'utf8');
  const { programs } = JSON.parse(report) as Measurement;
  const unescaped = text.replaceAll('\\', '');
  for (const result of programs.flatMap(({ results }) => results))
    if (result.status !== 'measured') expect(unescaped).toContain(`${result.status}: ${result.reason}`);
});
