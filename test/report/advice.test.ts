/** Which system for you: that each need gets the system whose figures serve it best, and nothing that cannot be used. */
import { describe, expect, it } from 'vitest';
import type { MeasuredResult, Measurement } from '../../src/measure/measurement.ts';
import { nameOf } from '../../src/measure/measurement.ts';
import { advise, gather } from '../../src/report/advice.ts';
import { collectFacts } from '../../src/report/collect-facts.ts';
import { formatKb } from '../../src/report/format.ts';
import { overallOf } from '../../src/report/overall.ts';
import { drawSpace, placePrograms } from '../../src/ranges/place-programs.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { systems } from '../../src/systems/registry.ts';
import { testProgram } from '../programs/build.ts';
import type { VariantFacts } from '../../src/report/variant-facts.ts';
import { sampleCalls } from './sample-calls.ts';
import { sample, severalSample, untimedSample } from './sample.ts';

/** What the variants say of themselves; other things where a test needs them, by system. */
const facts = collectFacts();
const factsWith = (special: Record<string, Partial<VariantFacts>>) =>
  facts.map((one): VariantFacts => ({ ...one, ...special[one.system] }));

const needOf = (word: string, advice: ReturnType<typeof advise>) =>
  advice.find(({ need }) => need.includes(word));

it('is told of every variant of the sample', () => {
  const [program] = sample.programs;
  const known = facts.map(nameOf);
  expect(program!.results.map(nameOf).filter((name) => !known.includes(name))).toEqual([]);
});

/** The sample with other figures for all but the base line. */
function withFigures(change: (result: MeasuredResult, base: MeasuredResult) => MeasuredResult): Measurement {
  const programs = sample.programs.map((program) => {
    const base = program.results.find((result) => nameOf(result) === 'got-plt lazy') as MeasuredResult;
    const results = program.results.map((result) =>
      result.status === 'measured' && result.variant !== 'lazy' ? change(result, base) : result,
    );
    return { ...program, results };
  });
  return { ...sample, programs, workload: [] };
}

describe('advise', () => {
  it('names the fastest, the least memory, and what is best in both', () => {
    const advice = advise(sample, facts);
    expect(needOf('fastest start', advice)?.choice).toBe('image direct');
    expect(needOf('least memory of many', advice)?.choice).toMatch(/^offset-table window, /);
    expect(needOf('nothing to keep running', advice)?.choice).toBe('image direct');
    expect(needOf('fastest start', advice)?.reason).toMatch(
      /^Starts 7\.\d\d times as fast as got-plt lazy; /,
    );
  });

  it('gives a command that a shell reads as it is meant', () => {
    const [first] = sample.programs;
    const odd = { ...sample, programs: [{ ...first!, path: "/opt/it's here/ffmpeg" }] };
    const command = advise(odd, facts)[0]?.command?.join(' ');
    expect(command).toBe(`linkonce store add --system image:direct '/opt/it'\\''s here/ffmpeg'`);
  });

  it('says that a server has to run, and does not choose it where nothing should', () => {
    const served = factsWith({
      image: { served: true },
      'offset-table': { served: true, drawn: 'process' },
    });
    const advice = advise(sample, served);
    expect(needOf('fastest start', advice)?.reason).toContain('A server has to run');
    expect(needOf('fastest start', advice)?.command?.join(' ')).toMatch(/&& linkonce pagein start$/);
    expect(needOf('nothing to keep running', advice)?.choice).not.toMatch(/^(image|offset-table)/);
    expect(needOf('draws for itself', advice)?.choice).toBe('offset-table window');
  });

  it('names tools that see less', () => {
    const hidden = factsWith({ image: { hiddenFrom: ['uprobes', 'needrestart'] } });
    const line = 'Less than under ld.so see of its processes: uprobes, needrestart.';
    const [first] = advise(sample, hidden);
    expect(first?.choice).toMatch(/^image/);
    expect(first?.reason).toContain(line);
    const open = factsWith({ image: { hiddenFrom: [] } });
    expect(advise(sample, open)[0]?.reason).not.toContain('see of its processes');
  });

  it('leaves programs as they are where nothing is better', () => {
    const slow = (result: MeasuredResult): MeasuredResult =>
      result.system === 'got-plt'
        ? { ...result, privateKb: 1, pssKb: 1 }
        : { ...result, startupRatio: { median: 0.5, low: 0.4, high: 0.6 } };
    const programs = sample.programs.map((program) => ({
      ...program,
      results: program.results.map((result) => (result.status === 'measured' ? slow(result) : result)),
    }));
    const advice = advise({ ...sample, programs }, facts);
    expect(needOf('fastest start', advice)?.choice).toBe('got-plt lazy');
    expect(needOf('fastest start', advice)?.command).toBeUndefined();
  });

  it('names no winner whose interval is not clearly better', () => {
    const doubtful = withFigures((result, { pssKb, privateKb, spread }) => ({
      ...result,
      ...{ pssKb, privateKb, spread },
      startupRatio: { median: 1.2, low: 0.98, high: 1.4 },
    }));
    for (const { choice, reason } of advise(doubtful, facts)) {
      expect(choice).toBe('got-plt lazy');
      expect(reason).toMatch(/^No other was clearly better/);
    }
  });

  it('names no winner that is hardly better, however sure that is', () => {
    const slight = withFigures((result, { pssKb, privateKb, spread }) => ({
      ...result,
      ...{ pssKb: pssKb * 0.995, privateKb, spread },
      startupRatio: { median: 1.01, low: 1.005, high: 1.02 },
    }));
    const choices = advise(slight, facts).map(({ choice }) => choice);
    expect(new Set(choices)).toEqual(new Set(['got-plt lazy']));
  });

  it('names the one that is sure where a faster one is not', () => {
    const mixed = withFigures((result) => ({
      ...result,
      startupRatio:
        result.system === 'image' ? { median: 3, low: 0.9, high: 9 } : { median: 1.5, low: 1.4, high: 1.6 },
    }));
    const choice = needOf('fastest start', advise(mixed, facts))?.choice;
    expect(choice).not.toMatch(/^(image|got-plt lazy)/);
  });

  /** The sample where these have a start-up that is so many times as fast, and all else is the base line's. */
  const withSpeeds = (speeds: Record<string, readonly [low: number, median: number, high: number]>) =>
    withFigures((result, { pssKb, privateKb, spread }) => {
      const [low, median, high] = speeds[nameOf(result)] ?? [0.97, 1, 1.03];
      return { ...result, pssKb, privateKb, spread, startupRatio: { low, median, high } };
    });

  it('names all that may be the best, and no winner among them', () => {
    const close = withSpeeds({ 'image direct': [1.8, 2, 2.2], 'offset-table window': [1.7, 1.9, 2.1] });
    const fastest = needOf('fastest start', advise(close, facts));
    expect(fastest?.choice).toBe('image direct and offset-table window');
    expect(fastest?.reason).toMatch(
      /^No one of them is clearly better than the others; by its other figures image direct comes first: starts 2\.00 times/,
    );
    expect(fastest?.command).toContain('image:direct');
  });

  it('names one alone where its interval lies wholly above that of the second', () => {
    const apart = withSpeeds({ 'image direct': [1.95, 2, 2.05], 'offset-table window': [1.7, 1.8, 1.9] });
    const fastest = needOf('fastest start', advise(apart, facts));
    expect(fastest?.choice).toBe('image direct');
    expect(fastest?.reason).toMatch(/^Starts 2\.00 times/);
  });

  it('says how many have no figures where it leaves programs as they are', () => {
    const programs = sample.programs.map((program) => ({
      ...program,
      results: program.results.map((result) => {
        const { system, variant } = result;
        const isKept = system === 'got-plt' || nameOf(result) === 'image direct';
        return isKept ? result : { system, variant, status: 'failed' as const, reason: 'it handed over' };
      }),
    }));
    const failed = programs[0]!.results.filter(({ status }) => status === 'failed').length;
    const { results } = withSpeeds({}).programs[0]!;
    const direct = results.find((result) => nameOf(result) === 'image direct')!;
    const slow = programs.map((program) => ({
      ...program,
      results: program.results.map((result) => (nameOf(result) === 'image direct' ? direct : result)),
    }));
    const { reason } = needOf('fastest start', advise({ ...sample, programs: slow }, facts))!;
    expect(reason).toContain(`${String(failed)} others failed, and were not compared`);
  });

  it('names no winner of calls whose intervals touch the base line’s', () => {
    const calls = {
      ...sampleCalls,
      results: sampleCalls.results.map((result) => {
        if (result.status !== 'measured') return result;
        const { 'direct-plt': usual, ...others } = result.figures;
        const ns =
          result.system === 'got-plt'
            ? { median: 1.46, low: 1.3, high: 1.5 }
            : { median: 1.35, low: 1.2, high: 1.4 };
        return { ...result, figures: { ...others, 'direct-plt': { ...usual, ns } } };
      }),
    };
    const measured = { ...sample, calls };
    expect(needOf('calls', advise(measured, facts))?.choice).toBe('got-plt lazy');
  });

  it('speaks of calls and of start-up only where they were measured', () => {
    expect(needOf('calls', advise(sample, facts))).toBeUndefined();
    const measured = { ...sample, calls: sampleCalls };
    expect(needOf('calls', advise(measured, facts))?.choice).toBe('image direct');
    const untimed = advise(untimedSample, facts);
    expect(needOf('fastest', untimed)).toBeUndefined();
    expect(needOf('least memory', untimed)?.reason).not.toContain('Starts');
  });

  it('is silent without the base line', () => {
    const programs = sample.programs.map((program) => ({
      ...program,
      results: program.results.filter(({ system }) => system !== 'got-plt'),
    }));
    expect(advise({ ...sample, programs }, facts)).toEqual([]);
  });
});

describe('advice for as many processes as somebody has', () => {
  /** One that starts as fast as the base line, holds a tenth for each process, and has more in common. */
  const sparing = withFigures((result, base) => {
    const isSparing = nameOf(result) === 'image direct';
    const memory = {
      privateKb: isSparing ? 1000 : base.privateKb,
      sharedKb: isSparing ? base.sharedKb + 50_000 : base.sharedKb,
    };
    const ends = (kb: number) => ({ low: kb, high: kb });
    const spread = {
      ...base.spread,
      privateKb: ends(memory.privateKb),
      sharedKb: ends(memory.sharedKb),
    };
    return { ...result, ...memory, spread, startupRatio: { median: 1, low: 0.97, high: 1.03 } };
  });
  const base = sparing.programs[0]!.results[0] as MeasuredResult;
  const turn = 1 + Math.floor(50_000 / (base.privateKb - 1000));
  const least = (processes: number) => needOf('least memory', advise(sparing, facts, processes));

  it('changes with their number, at the very process from which on it takes less', () => {
    expect(least(turn - 1)?.choice).toBe('got-plt lazy');
    expect(least(10 * turn)?.choice).toBe('image direct');
    expect(least(10 * turn)?.reason).toContain(
      `less memory than got-plt lazy from ${String(turn)} processes of each on`,
    );
  });

  it('says the memory of so many', () => {
    const all = formatKb(base.sharedKb + 50_000 + 1_000_000);
    expect(least(1000)?.reason).toContain(`memory of 1,000 of each program ${all}, `);
  });
});

describe('gather', () => {
  it('says once what is chosen for several needs', () => {
    const advice = advise(sample, facts);
    const gathered = gather(advice);
    expect(new Set(gathered.map(({ choice }) => choice)).size).toBe(gathered.length);
    expect(gathered.flatMap(({ needs }) => needs).sort()).toEqual(advice.map(({ need }) => need).sort());
  });
});

describe('overallOf', () => {
  it('leaves out what did not serve every program', () => {
    const partial = severalSample.workload.filter(
      (result) => result.status === 'measured' && result.programs.length < severalSample.programs.length,
    );
    const names = overallOf(severalSample).map(({ system, variant }) => `${system} ${variant}`);
    expect(partial.length).toBeGreaterThan(0);
    for (const { system, variant } of partial) expect(names).not.toContain(`${system} ${variant}`);
  });

  it('takes the geometric mean of the ratios', () => {
    const [git] = severalSample.programs;
    const doubled = { ...severalSample, programs: [git!, git!], workload: [] };
    const [one] = overallOf({ ...doubled, programs: [git!] }).filter(({ system }) => system === 'image');
    const [two] = overallOf(doubled).filter(({ system }) => system === 'image');
    expect(two?.speed).toBeCloseTo(one!.speed!, 12);
    expect(two?.memory.value).toBeCloseTo(2 * one!.memory.value, 6);
  });
});

describe('collectFacts', () => {
  const of = (name: string) => {
    const { system: _, variant: __, ...facts } = collectFacts().find((one) => nameOf(one) === name)!;
    return facts;
  };

  it('says what systems say of themselves, of each variant', () => {
    expect(of('got-plt lazy')).toEqual({ drawn: 'process', served: false, stored: false, hiddenFrom: [] });
    expect(of('rebase-startup slide')).toEqual({
      drawn: 'process',
      served: false,
      stored: true,
      hiddenFrom: [],
    });
    expect(of('rebase-startup collision').drawn).toBe('boot');
    expect(of('rebase-page-in whole').served).toBe(true);
    expect(of('image single')).toMatchObject({ drawn: 'boot', served: false, stored: true });
    expect(of('image single').hiddenFrom).toContain('uprobes');
    for (const name of ['fixed files', 'hash-address global', 'hash-address literal'])
      expect(of(name).drawn).toBe('never');
    expect(of('hash-address look-up').drawn).toBe('boot');
  });

  const name = 'iostream';
  const program = loadProgram(testProgram(name).path);
  const arranged = systems.flatMap(({ id, variants }) =>
    variants.flatMap((variant) => (variant.arrangement ? [{ ...variant, name: `${id} ${variant.id}` }] : [])),
  );

  it.each(arranged)('says of $name what its arrangement does', ({ name: variant, arrangement }) => {
    const draw = () =>
      placePrograms([{ name, program }], arrangement, drawSpace(arrangement)).holdings.map(
        ({ start }) => start,
      );
    const placed = draw();
    expect(placed.length).toBeGreaterThan(2);
    // A server draws for all processes of a place.
    const slides = arrangement.slides === true && !arrangement.places;
    // A window has few bases where its addresses are short.
    const isDrawn = Array.from({ length: 30 }, draw).some((again) => String(again) !== String(placed));
    const { drawn, served, stored } = of(variant);
    expect({ isDrawn, slides: drawn === 'process', served, stored }).toEqual({
      isDrawn: drawn !== 'never',
      slides,
      served: arrangement.places !== undefined,
      stored: true,
    });
  });
});
