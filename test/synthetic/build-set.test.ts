/** Synthetic sets against judges of their own: the checksum from TypeScript, ld.so's list, the files' own tables. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ElfFile, Segment } from '../../src/elf/elf-file.ts';
import { readElf } from '../../src/elf/read-elf.ts';
import { buildSet } from '../../src/synthetic/build-set.ts';
import type { SetDescription } from '../../src/synthetic/description.ts';
import { defaultDescription, referenceKinds, shapes } from '../../src/synthetic/description.ts';
import { roundUp } from '../../src/util/units.ts';
import { runProgram } from '../run-program.ts';

const small = { ...defaultDescription, modules: 6, functions: 5, imports: 12 };

const described: readonly (readonly [string, Partial<SetDescription>])[] = [
  ...shapes.map((shape) => [`shape ${shape}`, { shape }] as const),
  ...referenceKinds.map((kind) => [`only ${kind}`, { references: [kind] }] as const),
  ['another seed', { shape: 'random', seed: 2 }],
  ['writable data', { writableData: true }],
  ['no PLT', { plt: false }],
  ['lazy', { lazy: true }],
  ['one module', { modules: 1 }],
];

describe.each(described)('%s', (_, difference) => {
  const description = { ...small, ...difference };

  it('prints the checksum that the model gives', async () => {
    const { executable, checksum } = await buildSet(description);
    expect(await runProgram(executable, [])).toMatchObject({
      stdout: `${checksum}\n`,
      stderr: '',
      status: 0,
    });
  });

  it('has all modules in one program', async () => {
    const { executable, libraries } = await buildSet(description);
    const { stdout } = await runProgram('/lib64/ld-linux-x86-64.so.2', ['--list', executable]);
    const listed = [...stdout.matchAll(/libm\d+\.so => (\S+)/g)].map(([, file]) => file);
    expect(listed.sort()).toEqual([...libraries].sort());
  });

  it('has writable memory only where it was asked for', async () => {
    const { libraries } = await buildSet(description);
    const wanted = description.writableData || (description.lazy && description.plt);
    const writable = libraries.filter((file) => !isCoveredByRelro(readElf(file)));
    // A module without imports has no PLT slots to bind lazily.
    if (wanted) expect(writable).not.toEqual([]);
    else expect(writable).toEqual([]);
  });
});

describe('buildSet', () => {
  it('imports as much as it says', async () => {
    const { libraries } = await buildSet({ ...small, references: ['calls'], shape: 'chain' });
    const undefinedNames = undefinedSymbols(readElf(libraries[0]!));
    expect(undefinedNames.every((name) => /^m1_(f\d+|enter)$/.test(name))).toBe(true);
    expect(undefinedNames.length).toBeGreaterThan(small.functions / 2);
  });

  it('calls through PLT slots, or through none', async () => {
    const count = async (plt: boolean): Promise<number> => {
      const { libraries } = await buildSet({ ...small, plt, references: ['calls'] });
      return readElf(libraries[0]!).plt.length;
    };
    expect(await count(true)).toBeGreaterThan(1);
    expect(await count(false)).toBe(0);
  });

  it('finds a set that is compiled already, and takes another for another description', async () => {
    const first = await buildSet(small);
    expect(await buildSet(small)).toEqual(first);
    const other = await buildSet({ ...small, seed: 3 });
    expect(path.dirname(other.executable)).not.toBe(path.dirname(first.executable));
  });

  it('compiles once, whole, when asked twice at once', async () => {
    const description = { ...small, seed: 1 + (Date.now() % 2 ** 31) };
    const [one, two] = await Promise.all([buildSet(description), buildSet(description)]);
    expect(one).toEqual(two);
    expect(await runProgram(one.executable, [])).toMatchObject({ stdout: `${one.checksum}\n` });
  });
});

/** PT_GNU_RELRO, whose end the linker puts on a page's, covers every writable PT_LOAD. */
function isCoveredByRelro({ segments }: ElfFile): boolean {
  const [load, relro] = [1, 0x6474_e552];
  const end = ({ address, memorySize }: Segment): number => roundUp(address + memorySize);
  const covers = segments.filter(({ type }) => type === relro);
  const writable = segments.filter(({ type, flags }) => type === load && (flags & 2) !== 0);
  return writable.every((segment) =>
    covers.some((cover) => cover.address <= segment.address && end(cover) >= end(segment)),
  );
}

function undefinedSymbols({ symbols }: ElfFile): readonly string[] {
  return Array.from({ length: symbols.count - 1 }, (_, index) => symbols.at(index + 1))
    .filter(({ sectionIndex }) => sectionIndex === 0)
    .map(({ name }) => name);
}
