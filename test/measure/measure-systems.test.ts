/** measureSystems with systems that refuse, fail, or ask for captures. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { measureSystems } from '../../src/measure/measure-systems.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import type { Explained } from '../../src/provenance/explained.ts';
import type { Subject } from '../../src/bind/subject.ts';
import type { FolderRequest } from '../../src/bind/folder-bind.ts';
import type { Image } from '../../src/image/image.ts';
import type { System, SystemVariant } from '../../src/systems/system.ts';
import type { Outcome } from '../../src/util/outcome.ts';
import { attemptLater } from '../../src/util/outcome.ts';
import { LinkonceError, Refusal } from '../../src/util/errors.ts';

const file = '/bin/true';
const captureMs = 150;

function fakeSubject(): Subject {
  let captured: Promise<Explained> | undefined;
  return {
    program: loadProgram(file),
    explained: () => (captured ??= sleep(captureMs).then(() => ({}) as Explained)),
  };
}

const fakeRequest = (subject = fakeSubject()) => ({ subject, arguments: [], processes: 1 });

/** A system whose image is the program itself and a file of 8 kB. */
function fakeSystem(id: string, prepare: (subject: Subject, request: FolderRequest) => unknown): System {
  const buildOne = (subject: Subject, output: string, request: FolderRequest): Promise<Outcome<Image>> =>
    attemptLater(async () => {
      await prepare(subject, { ...request, outputs: [output] });
      writeFileSync(output, Buffer.alloc(8192, 1));
      return { file, environment: {}, files: [output], notes: [] };
    });
  const build: SystemVariant['build'] = (subjects, request) =>
    Promise.all(subjects.map((subject, index) => buildOne(subject, request.outputs[index]!, request)));
  return { id, variants: [{ id: 'plain', build }] } as unknown as System;
}

async function measure(...systems: System[]) {
  const choices = systems.map((system) => ({ system, variant: 'plain' }));
  const settings = { choices, runs: 2, moment: 'exit' } as const;
  const { programs } = await measureSystems([fakeRequest()], settings, () => undefined);
  return programs[0]!;
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
    const settings = { choices, runs: 2, moment: 0.2 };
    const measurement = await measureSystems([fakeRequest()], settings, () => undefined);
    expect(measurement.programs[0]?.timed).toBe(false);
    const own = measurement.warnings.filter(({ program }) => program === 0);
    expect(own.map(({ kind }) => kind)).toEqual(['ended-early']);
  });

  it('builds each program under each system, and one that is run in two ways once', async () => {
    const outputs: string[] = [];
    const systems = ['a', 'b'].map((id) => fakeSystem(id, (_, request) => outputs.push(request.outputs[0]!)));
    const choices = systems.map((system) => ({ system, variant: 'plain' }));
    const subject = fakeSubject();
    const requests = [fakeRequest(subject), fakeRequest(), fakeRequest(subject)];
    const settings = { choices, runs: 1, moment: 'exit' } as const;
    const { programs, workload } = await measureSystems(requests, settings, () => undefined);
    expect(new Set(outputs).size).toBe(4);
    expect(outputs).toHaveLength(4);
    expect(programs).toHaveLength(3);
    for (const { results } of programs) expect(results.map(({ system }) => system)).toEqual(['a', 'b']);
    expect(workload).toMatchObject([{ programs: [0, 1, 2] }, { programs: [0, 1, 2] }]);
  });

  it('goes on with other programs where a system refuses one', async () => {
    const [good, bad] = [fakeSubject(), fakeSubject()];
    const system = fakeSystem('a', (subject) =>
      subject.program === bad.program ? Promise.reject(new Refusal('not this one')) : undefined,
    );
    const settings = { choices: [{ system, variant: 'plain' }], runs: 1, moment: 'exit' } as const;
    const requests = [fakeRequest(bad), fakeRequest(good)];
    const { programs, workload } = await measureSystems(requests, settings, () => undefined);
    expect(programs[0]?.results[0]).toMatchObject({ status: 'refused', reason: 'not this one' });
    expect(programs[1]?.results[0]).toMatchObject({ status: 'measured' });
    expect(workload[0]).toMatchObject({ status: 'measured', programs: [1] });
  });
});
