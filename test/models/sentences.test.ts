/** The note, docs/seed.txt, against the table of its sentences in docs/claims.md; the exact figures there are computed again. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { jumpThrough, jumpThroughGs, jumpThroughLow } from '../../src/calls/machine-code.ts';
import { lowTables } from '../../src/calls/low-memory.ts';
import { layoutCost } from '../../src/models/aslr.ts';
import { collisionProbability } from '../../src/models/collision.ts';
import type { ProcessCosts } from '../../src/models/cost.ts';
import { costOf, syntheticTree } from '../../src/models/cost.ts';
import { saturationByDepth } from '../../src/models/dependency-tree.ts';
import { entriesOf, entrySize, tableCount } from '../../src/models/dispatcher-tables.ts';
import { sharedByUnrelated } from '../../src/models/known-dependencies.ts';
import { sharedEntries } from '../../src/models/saturation.ts';
import { uniqueSaturation } from '../../src/models/unique-imports.ts';
import { fileIdentity } from '../../src/program/file-identity.ts';
import type { AddressFormat } from '../../src/ranges/address-format.ts';
import { fieldSize, fieldUnit } from '../../src/ranges/address-format.ts';
import { variantOf } from '../../src/systems/build-variant.ts';
import { literalFormat, literalLookUpFormat } from '../../src/systems/hash-address/formats.ts';
import { hashAddress } from '../../src/systems/hash-address/hash-address-system.ts';
import { saltedEntry } from '../../src/systems/hash-dispatcher/choose-entries.ts';
import { hashDispatcher } from '../../src/systems/hash-dispatcher/hash-dispatcher-system.ts';
import { separateRoom } from '../../src/systems/hash-dispatcher/separate-space.ts';
import { entryOffset } from '../../src/systems/hash-dispatcher/tables.ts';
import { importPage } from '../../src/systems/import-page/import-page-system.ts';
import { literalFormat as offsetFormat } from '../../src/systems/offset-table/formats.ts';
import { offsetTable } from '../../src/systems/offset-table/offset-table-system.ts';
import { systems } from '../../src/systems/registry.ts';
import { pageSize } from '../../src/util/units.ts';

const docs = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('claims.md', docs), 'utf8');
/** Words only: how the note indents and the page escapes is no difference. */
const words = (text: string): string => text.replaceAll('\\', '').replaceAll(/\s+/g, ' ').trim();
/** Its lists begin with dashes. */
const note = words(readFileSync(new URL('seed.txt', docs), 'utf8').replaceAll(/^ *(- |\d+\. )/gm, ' '));

interface Row {
  readonly number: number;
  readonly sentence: string;
  readonly exact: string;
  readonly measured: string;
  readonly verdict: string;
}

const rows: readonly Row[] = [...page.matchAll(/^\| +(\d+) \|(.*)\|$/gm)].map(([, number, rest = '']) => {
  const [sentence = '', exact = '', measured = '', verdict = '', ...more] = rest
    .split('|')
    .map((cell) => cell.trim());
  expect(more).toEqual([]);
  return { number: Number(number), sentence: words(sentence), exact, measured, verdict };
});

describe('the table', () => {
  test('has fifty sentences, each with what it comes to, what was measured, and a verdict', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    for (const { number, ...cells } of rows)
      for (const [name, cell] of Object.entries(cells)) {
        expect(cell, `${String(number)}, ${name}`).toMatch(/[a-z]{2}|\d/);
        expect(cell).not.toMatch(/nominal/);
      }
  });

  test('names files that there are', () => {
    const files = [...page.matchAll(/`(?:node )?((?:test|bench|src)\/[^ `]+)/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !existsSync(new URL(`../${file}`, docs)))).toEqual([]);
  });

  test('has the words of the note, and all of them', () => {
    const parts = rows.flatMap(({ sentence }) => sentence.split(' … '));
    expect(parts.filter((part) => !note.includes(part))).toEqual([]);
    // The longest first, since short ones stand in long ones, too.
    const longest = [...parts].sort((one, other) => other.length - one.length);
    const left = longest.reduce((text, part) => text.replaceAll(part, '\n'), note);
    const remaining = left
      .split('\n')
      .map(words)
      .filter((part) => /[a-z]{3}/i.test(part));
    expect(remaining.filter((part) => !headings.some((heading) => heading === part))).toEqual([]);
  });
});

/** What the note has beside its sentences. */
const headings: readonly string[] = [
  'Memory sharing vs execution time overhead ========================================= There are basically 7 common "systems" to share code:',
  'What is needed for SLUL? ------------------------',
  'But:',
  ', and',
  ...[1, 2, 3, 4, 5].map((solution) => `Solution ${String(solution)}:`),
  'Solution 4: (',
];

/** Numbers of a text, but for those in names of code. */
const numbersOf = (text: string): number[] =>
  [...text.replaceAll(/`[^`]*`/g, '').matchAll(/0x[0-9a-f]+|\d[\d,]*(?:\.\d+)?/g)].map(([number]) =>
    Number(number.replaceAll(',', '')),
  );

const many = 1000;

/** Of one process of so many libraries, on paper. */
function paper(system: string, variant: string): ProcessCosts {
  const found = systems.find(({ id }) => id === system)!;
  const costs = costOf(variantOf(found, variant).costs!, { ...syntheticTree, modules: many, imports: 20 }, 1);
  return { ...costs, privateKb: Math.round(costs.privateKb) };
}

const bitsOf = (format: AddressFormat): number[] => format.fields.map(({ bits }) => bits);
const kb = (bytes: number): number => bytes / 1024;
const percent = (part: number, digits: number): number => Number((100 * part).toFixed(digits));
const collisions = (bits: number, counts: readonly number[]): number[] =>
  counts.flatMap((count) => [
    count,
    percent(collisionProbability(bits, count), collisionProbability(bits, count) < 0.1 ? 3 : 2),
  ]);

function loophole(): number[] {
  const { randomness, constants } = variantOf(hashDispatcher, 'constant');
  const bits = randomness[0]!.bits;
  const cost = layoutCost({
    ...{ bits, drawn: 'store', processes: 1, relocatedKb: 0 },
    ...{ isCalled: constants?.called !== undefined, isRead: constants?.read !== undefined },
  });
  const { index } = saltedEntry('puts@GLIBC_2.2.5', 0, 0);
  return [cost.toCall, index, entriesOf(0), cost.toRead, Math.round(cost.guesses), bits];
}

const indirect = (imports: number, each: number): number =>
  sharedEntries(Array.from({ length: imports / each }, () => ({ imports: each })));
const tree = { shape: 'tree', fanOut: 3, importsOfModule: 40 } as const;
const program = { imports: many, importsOfModule: 40, importers: 2 };
const twoWays = ({ mappings, privateKb }: ProcessCosts): number[] => [many, mappings, privateKb];
const [, place] = offsetFormat.fields.slice(1);
const lowBits = bitsOf(offsetFormat).at(-1)!;

const offsetLaw = variantOf(offsetTable, 'mask').costs!.mappings;
/** Of a module's file, in docs/formats: device, inode, size, and two times. */
const identityFields = Object.keys(fileIdentity(fileURLToPath(docs))).length;

/** The numbers of the cells, in their order; cells without an entry have none. */
const exact: Readonly<Record<number, readonly number[]>> = {
  1: twoWays(paper('got-plt', 'lazy')),
  2: [...twoWays(paper('prelink', 'files')), 1],
  3: [many, paper('rebase-startup', 'collision').privateKb, paper('rebase-startup', 'slide').privateKb],
  4: twoWays(paper('rebase-page-in', 'whole')),
  5: [28, ...collisions(28, [many])],
  6: twoWays(paper('install', 'files')),
  7: [entrySize, many, paper('dispatcher', 'jump').mappings],
  10: [identityFields],
  12: [31, 2 ** 31],
  14: [offsetLaw.modules, offsetLaw.writers].map(Number),
  16: [lowBits + place!.bits, lowBits, lowBits + place!.bits - 1],
  17: [
    ...bitsOf(offsetFormat),
    32,
    2 ** 3,
    fieldSize(offsetFormat, 'M'),
    fieldUnit(offsetFormat, 'M') / 2 ** 20,
  ],
  18: [fieldUnit(offsetFormat, 'M') / 2 ** 20],
  19: [jumpThroughLow(0), jumpThroughGs(0), jumpThrough(0, 0)].map(({ length }) => length),
  21: ['literal', 'global'].map((id) => variantOf(hashAddress, id).arrangement!.executablesAt!),
  22: [...bitsOf(literalFormat), 32, kb(fieldUnit(literalFormat, 'H'))],
  23: collisions(16, [36, 37, 300, 302]),
  24: [...bitsOf(literalLookUpFormat), 32, pageSize / entrySize],
  25: [1, 19, 16, 36, 12, kb(fieldUnit(literalLookUpFormat, 'H'))],
  26: collisions(19, [103, 104, 851, 853]),
  27: [many, 40, percent(indirect(many, 40), 1)],
  28: loophole(),
  29: [lowTables],
  30: [lowTables + entryOffset({ table: 0, index: saltedEntry('puts@GLIBC_2.2.5', 0, 0).index })],
  32: [
    ...[tree.fanOut, 3, percent(saturationByDepth(tree, [3])[0]!.shared, 1)],
    percent(sharedByUnrelated(tree, 3), 1),
  ],
  // Compare and branch at both ends of a range: test/systems/resolvers.test.ts runs them.
  33: [2],
  34: [separateRoom / 2 ** 20, variantOf(hashDispatcher, 'constant').randomness[0]!.bits],
  // A displacement of 32 bits with a sign.
  39: [2 ** 31 / 2 ** 30],
  36: [entriesOf(0), entriesOf(tableCount - 1)],
  37: [tableCount, 1, (entriesOf(tableCount - 1) * entrySize) / pageSize],
  38: [
    ...[40_000, percent(sharedEntries([{ imports: 40_000 }]), 0), many, 40, percent(indirect(many, 40), 1)],
    ...[4 * many, percent(indirect(4 * many, 40), 0), program.importers],
    percent(uniqueSaturation(program).ofImports, 1),
  ],
  40: [entrySize, 2, 2 * entrySize, pageSize / entrySize, pageSize / entrySize / 2],
  41: [importPage.variants.filter(({ constants }) => constants !== undefined).length],
  42: [many, paper('import-page', 'start-up').privateKb, paper('import-page', 'shared').privateKb],
  43: [many, paper('import-page', 'cache').mappings, paper('import-page', 'shared').mappings],
  45: [many, paper('import-page', 'end').mappings],
  46: twoWays(paper('import-page', 'shared')),
  47: [0],
  // Measured by test/systems/mappings.test.ts, and counted by test/systems/pointers.test.ts.
  48: [5000, 2, 4],
  49: [0, 0, 1, 11],
};

describe('exact figures', () => {
  test.each(rows)('of sentence $number', (row) => {
    expect(numbersOf(row.exact)).toEqual(exact[row.number] ?? []);
  });
});
