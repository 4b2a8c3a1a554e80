/** The call lab: what the probe prints, that figures come out, and what happens to a system under which it goes wrong. */
import { beforeAll, describe, expect, it } from 'vitest';
import { codeInCopies } from '../../src/systems/shared/sights.ts';
import type { CallMeasurement, CallResult, CallSettings } from '../../src/measure/call-measurement.ts';
import { figureIds } from '../../src/measure/call-measurement.ts';
import { measureCalls } from '../../src/measure/measure-calls.ts';
import { jumpDistances, measureJumps } from '../../src/measure/jump-distances.ts';
import { parseProbe, runProbe, runToEnd } from '../../src/measure/run-probe.ts';
import { openProgram } from '../../src/pipeline.ts';
import { parseCalls } from '../../src/report/calls-json.ts';
import { renderCalls, renderJumps } from '../../src/report/calls-table.ts';
import { buildProbe, type Probe } from '../../src/synthetic/build-probe.ts';
import { findSystem } from '../../src/systems/registry.ts';
import type { Image } from '../../src/image/image.ts';
import type { System, SystemVariant } from '../../src/systems/system.ts';
import type { Outcome } from '../../src/util/outcome.ts';
import { Refusal } from '../../src/util/errors.ts';
import { colorsFor } from '../../src/util/colors.ts';
import { readElf } from '../../src/elf/read-elf.ts';
import { compileProgram } from './compile.ts';
import { patienceMs } from '../patience.ts';

const limitMs = patienceMs;
const brief = { rounds: 1, calls: 1024, repetitions: 2 };
const nothing = (): void => undefined;

let probe: Probe;
beforeAll(async () => {
  probe = await buildProbe();
});

function printed(checksum: string, times = '1.5 1.25'): string {
  return `${figureIds.map((id) => `${id} ${times}\n`).join('')}checksum ${checksum}\n`;
}

function faked(id: string, outcome: Outcome<Image>): System {
  const plain: SystemVariant = {
    ...{ id: 'plain', summary: '', randomness: [], seenBy: codeInCopies },
    build: () => Promise.resolve([outcome]),
  };
  return { id, variants: [plain] } as unknown as System;
}

/** A system that runs another program in place of the probe. */
function impostor(id: string, file: string): System {
  return faked(id, { value: { file, environment: {}, files: [], notes: [] } });
}

function refusing(id: string, reason: string): System {
  return faked(id, { failure: new Refusal(reason) });
}

function printing(name: string, text: string, status = 0): string {
  return compileProgram(
    name,
    `#include <stdio.h>\nint main(void) { fputs(${JSON.stringify(text)}, stdout); return ${status}; }`,
  );
}

function handingOver(name: string, file: string): string {
  const source = `#include <unistd.h>\nint main(int argc, char **argv) { return execv(${JSON.stringify(file)}, argv); }`;
  return compileProgram(name, source);
}

function measure(...systems: readonly System[]): Promise<CallMeasurement> {
  return measureWith({}, ...systems);
}

function measureWith(
  settings: Partial<CallSettings>,
  ...systems: readonly System[]
): Promise<CallMeasurement> {
  const choices = [findSystem('got-plt')!, ...systems].flatMap((system) =>
    system.variants.map(({ id }) => ({ system, variant: id })),
  );
  const request = { subject: openProgram(probe.modular, nothing), staticLink: probe.linked };
  return measureCalls(request, { ...brief, ...settings, choices }, nothing);
}

describe('the probe', () => {
  it('computes the same in modules and in one executable', async () => {
    const run = (file: string) =>
      runProbe({ file, argv: [file, '1024', '2'], environment: {} }, limitMs).then(
        ({ checksum }) => checksum,
      );
    expect(await run(probe.modular)).toBe(await run(probe.linked));
  });

  it('has a module for what is called, and no slot for it in one executable', () => {
    expect(readElf(probe.modular).dynamic?.needed).toContain('libcaller-plt.so');
    expect(readElf(probe.linked).dynamic?.needed.filter((name) => !name.startsWith('libc.'))).toEqual([]);
    const { plt, symbols } = readElf(probe.linked);
    const slots = plt.map(({ symbol }) => symbols.at(symbol).name);
    expect(slots.filter((name) => /^(callee|plt|got)_/.test(name))).toEqual([]);
  });

  it('refuses what it cannot do', async () => {
    const command = { file: probe.linked, argv: [probe.linked, '15', '1'], environment: {} };
    await expect(runProbe(command, limitMs)).rejects.toThrow('status 2');
  });
});

describe('parseProbe', () => {
  it('takes the least time of a loop, and the lowest decile of cold walks', () => {
    const times = '12 11 10 9 8 7 6 5 4 3 2 1';
    const { ns, checksum } = parseProbe(printed('0123456789abcdef', times));
    expect(checksum).toBe('0123456789abcdef');
    expect(ns).toMatchObject({ 'direct-plt': 1, loop: 1, 'cold-plt': 2 });
  });

  it.each([
    ['', 'no checksum'],
    [printed('0123'), 'no checksum'],
    [printed('0123456789abcdef', '0'), 'no times'],
    [printed('0123456789abcdef', 'nan'), 'no times'],
    [printed('0123456789abcdef').replace(/^pointer.*$/m, ''), 'no times for pointer'],
  ])('refuses %j', (text, complaint) => {
    expect(() => parseProbe(text)).toThrow(complaint);
  });
});

describe('measureCalls', () => {
  it('has figures of every system and variant', async () => {
    const image = findSystem('image')!;
    const found = await measure(image);
    const names = found.results.map(({ system, variant }) => `${system} ${variant}`);
    expect(names).toEqual(['got-plt lazy', 'got-plt now', ...image.variants.map(({ id }) => `image ${id}`)]);
    const all = [found.staticLink, ...found.results.map(figuresOf)];
    for (const figures of all)
      for (const id of figureIds) {
        expect(figures[id].samplesNs).toHaveLength(brief.rounds);
        for (const { median } of [figures[id].ns, figures[id].toStatic, figures[id].toBaseLine]) {
          expect(median).toBeGreaterThan(0);
          expect(median).toBeLessThan(Infinity);
        }
      }
    expect(await parseCalls(JSON.stringify(found), 'found')).toEqual(found);
  });

  it('has both distances where there are two, and else a reason; no process is near and far at once', async () => {
    const others = [findSystem('hash-dispatcher')!, findSystem('hash-address')!];
    const found = await measureWith({ bothDistances: true }, ...others);
    const seen = found.results.map((result) => {
      if (result.status !== 'measured') throw new Error(result.reason);
      const { system, variant, distance, other } = result;
      return [`${system} ${variant}`, distance, other?.status === 'refused' ? other.reason : other?.status];
    });
    expect(seen).toEqual([
      ...['lazy', 'now'].map((id) => [
        `got-plt ${id}`,
        'near',
        expect.stringContaining('side by side') as string,
      ]),
      ['hash-dispatcher constant', 'far', 'measured'],
      ['hash-dispatcher movable', 'near', 'measured'],
      ['hash-address global', 'far', 'measured'],
      ['hash-address look-up', 'near', 'measured'],
      ['hash-address literal', 'near', expect.stringContaining('31 bits') as string],
      ['hash-address look-up-literal', 'near', 'measured'],
    ]);
    expect(await parseCalls(JSON.stringify(found), 'found')).toEqual(found);
    const text = renderCalls(found, colorsFor({ fd: -1 }));
    expect(text).toContain('hash-address literal only near: its addresses have 31 bits');
  });

  it('a file of version 1 has no distances, and says so', async () => {
    const found = await measure();
    const first = JSON.parse(JSON.stringify({ ...found, version: 1 })) as Record<string, unknown>;
    const read = await parseCalls(JSON.stringify(first), 'first');
    expect(read).toEqual(found);
    expect(renderCalls(read, colorsFor({ fd: -1 }))).toContain('Calls by distance were not measured');
    await expect(parseCalls(JSON.stringify({ ...first, version: 3 }), 'third')).rejects.toThrow('version');
  });
});

describe('jumps by distance', () => {
  it('has a time for each distance', async () => {
    const found = await measureJumps(probe.distance, 2, nothing);
    expect(found.map(({ bytes }) => bytes)).toEqual(jumpDistances);
    for (const { jumpNs, callNs } of found)
      for (const { low, median, high } of [jumpNs, callNs]) {
        expect(low).toBeGreaterThan(0);
        expect(median).toBeGreaterThanOrEqual(low);
        expect(high).toBeLessThan(Infinity);
      }
    const text = renderJumps({ jumps: found }, colorsFor({ fd: -1 }));
    expect(text).toMatch(/^1\.00 MiB .*^16\.0 MiB .*^4\.00 GiB .*^16\.0 TiB /ms);
  });

  it('refuses what it cannot do', async () => {
    await expect(
      runToEnd({ file: probe.distance, argv: ['x', '15', '1', '4096'], environment: {} }, limitMs),
    ).resolves.toMatchObject({
      end: 'status 2',
    });
    // Its own code is there.
    await expect(
      runToEnd({ file: probe.distance, argv: ['x', '16', '1', '0'], environment: {} }, limitMs),
    ).resolves.toMatchObject({
      end: 'status 3',
    });
  });

  it('shows what refuses, fails, or computes something else, without figures', async () => {
    const found = await measure(
      refusing('a', 'not this one'),
      impostor('b', printing('failing', printed('0123456789abcdef'), 3)),
      impostor('c', printing('wrong', printed('0123456789abcdef'))),
      impostor('d', handingOver('handing-over', probe.modular)),
    );
    expect(found.results.slice(2)).toMatchObject([
      { status: 'refused', reason: 'not this one' },
      { status: 'failed', reason: expect.stringContaining('ended with status 3') as string },
      { status: 'failed', reason: expect.stringContaining('computed 0123456789abcdef') as string },
      { status: 'failed', reason: expect.stringContaining('handed over') as string },
    ]);
    const text = renderCalls(found, colorsFor({ fd: -1 }));
    expect(text).toContain('a plain refused: not this one');
    expect(Math.max(...tableLines(text).map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

/** Reasons name files, and may be longer. */
function tableLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => !/(refused|failed): /.test(line));
}

function figuresOf(result: CallResult) {
  if (result.status !== 'measured') throw new Error(result.reason);
  return result.figures;
}
