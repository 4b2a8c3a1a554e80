/** measureSystems with systems that refuse, fail, or ask for captures. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { measureSystems } from '../../src/measure/measure-systems.ts';
import type { Explained } from '../../src/provenance/explained.ts';
import type { Subject } from '../../src/collection/subject.ts';
import type { BuildRequest, System } from '../../src/systems/system.ts';
import { LinkonceError, Refusal } from '../../src/util/errors.ts';

const file = '/bin/true';
const captureMs = 150;

function fakeSubject(): Subject {
  let captured: Promise<Explained> | undefined;
  return {
    program: { invocation: file, modules: [1, 2] },
    explained: () => (captured ??= sleep(captureMs).then(() => ({}) as Explained)),
  } as unknown as Subject;
}

/** A system whose image is the program itself and a file of 8 kB. */
function fakeSystem(id: string, prepare: (subject: Subject, request: BuildRequest) => unknown): System {
  const build: System['build'] = async ([subject], request) => {
    const [output] = request.outputs;
    if (!subject || output === undefined) throw new Error('nothing to build');
    try {
      await prepare(subject, request);
    } catch (failure) {
      if (failure instanceof LinkonceError) return [{ failure }];
      throw failure;
    }
    writeFileSync(output, Buffer.alloc(8192, 1));
    return [{ image: { file, environment: {}, files: [output], notes: [] } }];
  };
  return { id, build } as unknown as System;
}

async function measure(...systems: System[]) {
  const choices = systems.map((system) => ({ system, variant: 'plain' }));
  const settings = { choices, runs: 2, processes: 1, moment: 'exit' } as const;
  return measureSystems(fakeSubject(), [], settings, () => undefined);
}

describe('measureSystems', () => {
  it('tells refusals from failures, and goes on', async () => {
    const { results } = await measure(
      fakeSystem('a', () => Promise.reject(new Refusal('not this one'))),
      fakeSystem('b', () => Promise.reject(new LinkonceError('no room'))),
      fakeSystem('c', () => undefined),
    );
    expect(results[0]).toMatchObject({ status: 'refused', reason: 'not this one' });
    expect(results[1]).toMatchObject({ status: 'failed', reason: 'no room' });
    expect(results[2]).toMatchObject({ status: 'measured', diskKb: 8 });
  });

  it('lets a bug through with its stack', async () => {
    const system = fakeSystem('a', () => Promise.reject(new TypeError('a bug')));
    await expect(measure(system)).rejects.toThrow(TypeError);
  });

  it('charges every system that uses the captures for them, and no other', async () => {
    const asks = (subject: Subject): unknown => subject.explained();
    const { results } = await measure(
      fakeSystem('first', asks),
      fakeSystem('second', asks),
      fakeSystem('third', () => undefined),
    );
    const [first, second, third] = results.map((result) =>
      result.status === 'measured' ? result.bindMs : NaN,
    );
    expect(first).toBeGreaterThan(captureMs - 5);
    expect(second).toBeGreaterThan(captureMs - 5);
    expect(third).toBeLessThan(captureMs);
  });

  it('removes the images', async () => {
    let directory = '';
    await measure(fakeSystem('a', (_subject, { folder }) => (directory = path.dirname(folder))));
    expect(directory).not.toBe('');
    expect(existsSync(directory)).toBe(false);
  });

  it('does not time a program that is looked at after some seconds', async () => {
    const choices = [{ system: fakeSystem('a', () => undefined), variant: 'plain' }];
    const settings = { choices, runs: 2, processes: 1, moment: 0.2 };
    const measurement = await measureSystems(fakeSubject(), [], settings, () => undefined);
    expect(measurement.settings.timed).toBe(false);
    expect(measurement.warnings.map(({ kind }) => kind)).toEqual(['ended-early']);
  });
});
