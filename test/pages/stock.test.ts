/** Processes of the platform's dynamic linker, judged by the kernel's counts, by readelf, and by what the program did. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { explainPages } from '../../src/pages/explain-pages.ts';
import type { MappingPages } from '../../src/pages/pages.ts';
import { compileDirty, privatePagesByKernel, startDirty } from './waiting-process.ts';

describe.each([
  ['position-independent', ['-pie', '-fPIE']],
  ['at fixed addresses', ['-no-pie', '-fno-pie']],
  ['bound at once', ['-Wl,-z,now']],
  ['packed relocations', ['-Wl,-z,pack-relative-relocs']],
  ['one segment', ['-Wl,-z,noseparate-code']],
] as const)('%s', async (name, flags) => {
  const file = compileDirty(name.replaceAll(' ', '-'), flags);
  const process = await startDirty(file);
  const report = explainPages(process.pid);
  const relocates = name !== 'at fixed addresses';

  const at = (address: number): MappingPages | undefined =>
    report.mappings.find(({ start, end }) => address >= start && address < end);
  const whyIn = (area: string) =>
    report.mappings.filter((each) => each.area === area && each.name === file).flatMap(({ why }) => why);

  test('the kernel counts as many private pages', () => {
    expect(report.privatePages).toBe(privatePagesByKernel(process.pid));
    expect(report.totals.reduce((sum, { pages }) => sum + pages, 0)).toBe(report.privatePages);
  });

  test('each word that the program wrote into its data is the program’s', () => {
    // The changed pointer's page too, where the file has the others as they are.
    const pages = relocates ? 5 : 6;
    expect(whyIn('module')).toContainEqual({ reason: 'program', pages, words: { program: pages } });
    expect(whyIn('bss')).toContainEqual({ reason: 'program', pages: 7, words: { program: 7 } });
  });

  test('a page that was written with what it held is unchanged', () => {
    // At fixed addresses the linker writes nothing into the program's tables: they are in the file.
    expect(whyIn('module')).toContainEqual({ reason: 'unchanged', pages: 1, words: {} });
  });

  test('pointers of the program’s tables are the linker’s, and one is the program’s too', () => {
    const both = { reason: 'linker and program', pages: 1, words: { relocated: 512, program: 1 } };
    const why = at(process.table)?.why.filter(({ words }) => (words.relocated ?? 0) >= 512);
    if (relocates) expect(why?.map(({ reason }) => reason).sort()).toEqual(['linker', 'linker and program']);
    else expect(why).toEqual([]);
    if (relocates) expect(why).toContainEqual(both);
  });

  test('memory that the program mapped: pages that it wrote, not those that it read', () => {
    const mapping = at(process.mapped);
    expect(mapping).toMatchObject({ area: 'anonymous', why: [{ reason: 'program' }] });
    expect(mapping?.private).toBeGreaterThanOrEqual(11);
    expect(mapping?.present).toBe((mapping?.private ?? 0) + 1);
  });

  test('stacks', () => {
    expect(report.mappings.filter(({ area }) => area === 'stack')).toHaveLength(1);
    expect(report.mappings.filter(({ area }) => area === 'thread stack')).toHaveLength(1);
  });

  test('sealed pages of the C library: those that readelf shows relocations in', () => {
    const sealed = report.mappings.filter(
      ({ name: each, protection, private: own }) =>
        each.endsWith('/libc.so.6') && protection === 'r--p' && own > 0,
    );
    expect(sealed).toHaveLength(1);
    const [{ name: libc, why }] = sealed as [MappingPages];
    expect(why).toMatchObject([{ reason: 'linker', pages: relocatedSealedPages(libc) }]);
    const most = sealedRelocations(libc).length;
    expect(why[0]?.words.relocated).toBeLessThanOrEqual(most);
    // The resolver of an IFUNC may answer with what stands in the file: nothing.
    expect(why[0]?.words.relocated).toBeGreaterThanOrEqual(most - sealedRelocations(libc, 'IRELATIV').length);
  });
});

/** Addresses of relocations (with `kind` in their line) in PT_GNU_RELRO up to its last whole page. */
function sealedRelocations(file: string, kind = ''): number[] {
  const readelf = (flag: string): string => execFileSync('readelf', [flag, file], { encoding: 'utf8' });
  const [, start = '', size = ''] = /GNU_RELRO +\S+ (\S+) \S+ \S+ (\S+)/.exec(readelf('-lW')) ?? [];
  const end = Number(start) + Number(size);
  const lines = readelf('-rW')
    .split('\n')
    .filter((line) => /^[0-9a-f]{16}\b/.test(line) && line.includes(kind));
  const addresses = lines.map((line) => parseInt(line, 16));
  return addresses.filter((each) => each >= Number(start) && each < end - (end % 4096));
}

function relocatedSealedPages(file: string): number {
  return new Set(sealedRelocations(file).map((each) => Math.floor(each / 4096))).size;
}
