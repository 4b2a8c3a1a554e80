/** How the memory of a program grows with its processes, against what they are known to dirty. */
import { describe, expect, it } from 'vitest';
import { compareImages } from '../../src/measure/compare.ts';
import type { Measurement } from '../../src/measure/measurement.ts';
import type { CompareSettings } from '../../src/measure/subject.ts';
import { compileProgram, dirtySource } from './compile.ts';

const dirty = compileProgram('grown-dirty', dirtySource);
const pagesEach = 1000;
const image = { file: dirty, files: [], environment: {}, notes: [] };
const subjects = [
  { system: 'got-plt', variant: 'lazy', image, bindMs: 0 },
  { system: 'fixed', variant: 'plain', status: 'refused', reason: 'its range is taken' },
] as const;
const program = { path: dirty, arguments: [String(pagesEach)], modules: 2, processes: 2, subjects };
const usual = { runs: 1, moment: 'exit', timed: false } as const;

async function grow(settings: Partial<CompareSettings>, more: object = {}): Promise<Measurement> {
  return compareImages([{ ...program, ...more }], { ...usual, ...settings });
}

describe('growth', () => {
  it('is the sums over more and more processes', async () => {
    const { programs, settings, warnings } = await grow({ counts: [1, 2, 5] });
    const [result, refused] = programs[0]!.results;
    if (result?.status !== 'measured') throw new Error('no figures');
    expect(settings.counts).toEqual([1, 2, 5]);
    expect(result.growth?.map(({ processes }) => processes)).toEqual([1, 2, 5]);
    const kb = (result.growth ?? []).map(({ privateKb }) => privateKb);
    // Besides its pages each process has what its linker and stack dirty, which is not always the same.
    for (const [index, processes] of [1, 2, 5].entries()) {
      expect(kb[index]).toBeGreaterThan(processes * pagesEach * 4);
      expect(kb[index]).toBeLessThan(processes * (pagesEach * 4 + 400));
    }
    expect(refused).toMatchObject({ status: 'refused' });
    expect(warnings.map(({ kind }) => kind)).not.toContain('growth');
  });

  it('is absent where nobody asked for it', async () => {
    const { programs } = await grow({});
    expect(programs[0]?.results[0]).not.toHaveProperty('growth');
  });

  it('ends where the processes would take too much memory, and says so; the result stays', async () => {
    const many = 1_000_000_000;
    const { programs, warnings } = await grow({ counts: [1, many] });
    expect(programs[0]?.results[0]).toMatchObject({ status: 'measured', growth: [{ processes: 1 }] });
    expect(warnings.filter(({ kind }) => kind === 'growth')).toEqual([
      {
        kind: 'growth',
        message: `got-plt lazy: ${many} processes would take more than half of the memory that is available`,
        program: 0,
      },
    ]);
  });

  it('does not wait again for a program that does not end', async () => {
    const endless = { arguments: [String(pagesEach), 'wait'] };
    const begun = performance.now();
    const { programs, warnings } = await grow({ counts: [1, 2, 3, 4], limitMs: 200 }, endless);
    expect(performance.now() - begun).toBeLessThan(4 * 200);
    expect(programs[0]?.results[0]).not.toHaveProperty('growth');
    expect(warnings.map(({ kind }) => kind)).toContain('growth');
  });
});
