/** The phases of real starts, under the platform's linker and from an image, and the trace that is made of them. */
import { describe, expect, it } from 'vitest';
import type { PhasedResult, StartPhases } from '../../src/measure/start-phases.ts';
import { tracePhases } from '../../src/pipeline.ts';
import { renderPhases } from '../../src/report/phases-table.ts';
import { traceEventsOf } from '../../src/report/trace-events.ts';
import { chooseSystem } from '../../src/systems/choose.ts';
import pc from 'picocolors';
import { testProgram } from '../programs/build.ts';
import { expectTrace } from '../report/trace-schema.ts';

type Measured = Extract<PhasedResult, { readonly status: 'measured' }>;

const choices = ['got-plt:lazy', 'image:single', 'offset-table:literal'].map((name) => chooseSystem(name));
const trace = (window?: number): Promise<StartPhases> =>
  tracePhases(testProgram('iostream').path, {
    choices: choices.map((choice) => ({ ...choice, window })),
    starts: 2,
    arguments: [],
  });

const phases = await trace();
const measured = phases.results.filter((result): result is Measured => result.status === 'measured');

describe('the phases of a start', () => {
  it('are those of every system, one behind the other', () => {
    expect(measured.map(({ system }) => system)).toEqual(choices.map(({ system }) => system.id));
    for (const { starts } of measured) {
      expect(starts).toHaveLength(2);
      for (const {
        phases: { linking, constructors, program },
      } of starts) {
        expect(linking.startUs).toBe(0);
        expect(constructors.startUs).toBeCloseTo(linking.durationUs, 6);
        expect(program.startUs).toBeCloseTo(constructors.startUs + constructors.durationUs, 6);
        for (const { durationUs } of [linking, constructors, program])
          expect(durationUs).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('have the system calls before the entry: what the linker opens, and an image does not', () => {
    const opened = (system: string) =>
      measured.find((result) => result.system === system)!.starts[0]!.calls.flatMap(({ path }) => path ?? []);
    expect(opened('got-plt')).toContainEqual(expect.stringMatching(/\/libstdc\+\+\.so\.6$/));
    expect(opened('image')).not.toContainEqual(expect.stringMatching(/\/libstdc\+\+\.so\.6$/));
    for (const { starts } of measured)
      for (const {
        calls,
        phases: { program },
      } of starts) {
        expect(calls.map(({ name }) => name)).toContain('mmap');
        for (const { startUs } of calls) expect(startUs).toBeLessThanOrEqual(program.startUs);
      }
  });

  it('are a table for a terminal', () => {
    const text = renderPhases(phases, pc.createColors(false));
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(
      80 + phases.path.length,
    );
    expect(text).toMatch(/^system +linking +constructors +program +calls$/m);
    expect(text).toMatch(/^image /m);
  });

  it('are a trace as its format wants it', () => {
    const { traceEvents, otherData } = expectTrace(JSON.stringify(traceEventsOf(phases)));
    const names = traceEvents.flatMap((event) => (event.name === 'process_name' ? [event.args?.name] : []));
    expect(names).toEqual(measured.map(({ system, variant }) => `${system} ${variant}`));
    for (const name of ['linking', 'constructors', 'program', 'mmap'])
      expect(traceEvents.filter((event) => event.name === name).length).toBeGreaterThanOrEqual(names.length);
    expect(otherData.program).toBe(phases.path);
  });

  it('of what cannot be bound are a reason, and no events', async () => {
    const small = await trace(14);
    const bad = small.results.filter(({ status }) => status !== 'measured');
    expect(bad.length).toBeGreaterThan(0);
    for (const result of bad)
      expect(result).toMatchObject({ status: 'refused', reason: expect.any(String) as string });
    const { traceEvents } = expectTrace(JSON.stringify(traceEventsOf(small)));
    expect(new Set(traceEvents.map(({ pid }) => pid)).size).toBe(small.results.length - bad.length);
  });
});
