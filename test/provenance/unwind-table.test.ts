/** glibc's sorted table of modules is found by what its words are made of. */
import { describe, expect, test } from 'vitest';
import { captureProgram } from '../../src/capture/capture-program.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import type { Blueprint } from '../../src/provenance/explained.ts';
import { findUnwindTable } from '../../src/provenance/unwind-table.ts';
import { Refusal } from '../../src/util/errors.ts';
import { roundDown } from '../../src/util/units.ts';
import { missing, testProgram } from '../programs/build.ts';

const blueprintOf = (name: string) => explainCaptures(captureProgram(loadProgram(testProgram(name).path)));

describe.each(['exceptions', 'copy-relocation'])('%s', (name) => {
  const blueprint = blueprintOf(name);
  const table = findUnwindTable(blueprint)!;
  const word = (at: number): number => {
    const page = blueprint.regions[table.region]!.pages.get(roundDown(at))!;
    return Number(page.readBigUInt64LE(at - roundDown(at)));
  };

  test('has one entry for each module but the executable, and one for the vdso', () => {
    const { modules, executable } = blueprint.program;
    const starts = blueprint.regions
      .filter(({ region }) => region.module && region.module !== executable)
      .map(({ region }) => region.start);
    expect(table.count).toBe(modules.length);
    const inTable = Array.from({ length: table.count }, (_, index) => word(table.address + index * 32));
    const { vdso } = blueprint.captures.first.context;
    expect(inTable).toEqual([...starts.sort((a, b) => a - b), vdso.start]);
  });

  test.each([0, 1, 2, 3])('is refused where word %i of an entry is not what it must be', (index) => {
    const { references } = blueprint;
    const changed = references.addresses.indexOf(table.address + 32 + index * 8);
    expect(changed).toBeGreaterThanOrEqual(0);
    const targets = Uint16Array.from(references.targets);
    targets[changed] = blueprint.regions.findIndex(
      ({ region }) => region.module === blueprint.program.executable,
    );
    const other: Blueprint = { ...blueprint, references: { ...references, targets } };
    expect(() => findUnwindTable(other)).toThrow(Refusal);
  });
});

test('musl has none', ({ skip }) => {
  const name = 'musl-dl-iterate-phdr';
  if (missing.some((each) => each.name === name)) skip('musl-gcc is not installed');
  expect(findUnwindTable(blueprintOf(name))).toBeUndefined();
});
