/** In which order modules stand: neighbours are used by the same programs, and what many use comes first. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Partition } from '../../src/ranges/order.ts';
import { partitionModules } from '../../src/ranges/order.ts';

interface Uses {
  readonly name: string;
  readonly modules: readonly string[];
}

const moduleNames = Array.from({ length: 16 }, (_, index) => `/lib/lib${String(index)}.so`);
/** Names that could be mistaken for one another, or for the base partition; two programs may have the same. */
const programNames = ['base', 'git', 'git+', 'perl', ''];

const collections: fc.Arbitrary<Uses[]> = fc.array(
  fc.record({ name: fc.constantFrom(...programNames), modules: fc.subarray(moduleNames) }),
  { maxLength: 7 },
);

const usersOf = (programs: readonly Uses[], path: string): string =>
  programs.flatMap(({ modules }, index) => (modules.includes(path) ? [index] : [])).join(' ');

const holding = (partitions: readonly Partition[], path: string): Partition =>
  partitions.find(({ modules }) => modules.includes(path))!;

test('every module stands in exactly one partition, and no partition is empty', () => {
  fc.assert(
    fc.property(collections, (programs) => {
      const partitions = partitionModules(programs);
      const stored = partitions.flatMap(({ modules }) => modules);
      expect([...stored].sort()).toEqual([...new Set(programs.flatMap(({ modules }) => modules))].sort());
      expect(partitions.filter(({ modules }) => modules.length === 0)).toEqual([]);
    }),
  );
});

test('modules with the same users are neighbours', () => {
  fc.assert(
    fc.property(collections, (programs) => {
      for (const { modules } of partitionModules(programs)) {
        const users = modules.map((path) => usersOf(programs, path));
        const changes = users.filter((each, index) => index > 0 && each !== users[index - 1]).length;
        expect(changes).toBe(new Set(users).size - 1);
      }
    }),
  );
});

test('what one program alone uses has a partition of its own, whatever the programs are called', () => {
  fc.assert(
    fc.property(collections, (programs) => {
      for (const { modules } of partitionModules(programs)) {
        const users = modules.map((path) => usersOf(programs, path));
        const alone = users.filter((each) => !each.includes(' '));
        if (alone.length > 0) expect(new Set(users)).toEqual(new Set([alone[0]]));
      }
    }),
  );
});

test('the base comes first: what at least two programs and more than half of them use, most used first', () => {
  fc.assert(
    fc.property(collections, (programs) => {
      const partitions = partitionModules(programs);
      const counts = new Map(
        moduleNames.map((path) => [path, programs.filter(({ modules }) => modules.includes(path)).length]),
      );
      const often = moduleNames.filter((path) => counts.get(path)! > Math.max(1, programs.length / 2));
      if (often.length === 0) return;
      expect([...partitions[0]!.modules].sort()).toEqual([...often].sort());
      expect(partitions[0]!.name).toBe('base');
      const order = partitions[0]!.modules.map((path) => counts.get(path)!);
      expect(order).toEqual([...order].sort((a, b) => b - a));
    }),
  );
});

test('a module outside the base stands with the largest program that uses it', () => {
  const programs = [
    { name: 'small', modules: ['libc', 'a'] },
    { name: 'large', modules: ['libc', 'a', 'b', 'c'] },
    ...['p', 'q', 'r', 's', 't'].map((name) => ({ name, modules: ['libc'] })),
  ];
  const partitions = partitionModules(programs);
  expect(holding(partitions, 'libc')).toEqual({ name: 'base', modules: ['libc'] });
  expect(holding(partitions, 'a')).toEqual({ name: 'large+', modules: ['a'] });
  expect(holding(partitions, 'b')).toEqual({ name: 'large', modules: ['b', 'c'] });
});
