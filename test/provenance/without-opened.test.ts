/** A blueprint without the modules that its program opens is the one of the program alone. */
import { describe, expect, test } from 'vitest';
import { captureProgram } from '../../src/capture/capture-program.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import type { Explained } from '../../src/provenance/explained.ts';
import { withoutOpened } from '../../src/provenance/without-opened.ts';
import { calling, workshop } from '../program/workshop.ts';

const shop = workshop();
const host = shop.program('host', calling('getpid'));
const source = 'int getpid(void); static int own; int *p[1000] = { &own }; int (*f)(void) = getpid;';
const good = shop.library('good.so', source);
const left = shop.library('left.so', 'int x;', '-nostdlib', '-Wl,-z,norelro');

function explain(opened: readonly string[]): Explained {
  return explainCaptures(captureProgram(loadProgram(host, { opened })));
}

describe('of a program that opens modules', () => {
  const blueprint = explain([good, left]);
  const plain = withoutOpened(blueprint, 'the system says so');

  test('there is something to leave out', () => {
    expect(blueprint.opened.map(({ prepared }) => prepared)).toEqual([true, false]);
    expect(blueprint.opener).toBeDefined();
    expect(blueprint.regions.filter(({ region }) => region.kind === 'opened')).toHaveLength(2);
  });

  test('it has the regions and the words of the program, and no opener', () => {
    const program = blueprint.regions.filter(({ region }) => region.kind !== 'opened');
    expect(plain.regions).toEqual(program);
    expect(plain.opener).toBeUndefined();
    const { owners, targets, addresses, count } = plain.references;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(blueprint.references.count);
    expect([addresses, owners, targets].map(({ length }) => length)).toEqual([count, count, count]);
    expect([...owners, ...targets].every((region) => region < program.length)).toBe(true);
    expect(addresses).toEqual(blueprint.references.addresses.subarray(0, count));
    // None of those that are left out is the program's.
    expect([...blueprint.references.owners.subarray(count)].every((region) => region >= program.length)).toBe(
      true,
    );
  });

  test('each module has the reason; one that was not prepared keeps its own', () => {
    expect(plain.opened.map(({ path, prepared }) => [path, prepared])).toEqual([
      [good, false],
      [left, false],
    ]);
    const reasons = plain.opened.map((module) => (module.prepared ? '' : module.reason));
    expect(reasons).toEqual(['the system says so', 'it has no relocations']);
    expect(plain.opened.every(({ place }) => place === undefined)).toBe(true);
  });

  test('the rest is as it was', () => {
    const { facts, start, slots, processWords, vdsoSlots } = plain;
    expect({ facts, start, slots, processWords, vdsoSlots }).toEqual({
      facts: blueprint.facts,
      start: blueprint.start,
      slots: blueprint.slots,
      processWords: blueprint.processWords,
      vdsoSlots: blueprint.vdsoSlots,
    });
  });
});

test('of a program that opens none, nothing changes', () => {
  const blueprint = explain([]);
  expect(withoutOpened(blueprint, 'the system says so')).toBe(blueprint);
});
