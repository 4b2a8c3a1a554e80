/** Who maps a frame, against a count that asks each frame; and the words of the kernel's files. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyFrames } from '../../src/measure/frame-sharing.ts';
import { collectFrames, residentRanges } from '../../src/measure/page-frames.ts';

const pageKb = 4;
const holders = fc.array(
  fc.record({
    program: fc.constantFrom('a', 'b', 'c'),
    frames: fc.array(fc.integer({ min: 1, max: 12 })).map((frames) => new Set(frames)),
  }),
  { maxLength: 6 },
);

describe('classifyFrames', () => {
  it('counts each frame once, by all who map it', () => {
    fc.assert(
      fc.property(holders, (all) => {
        const kind = (frame: number) => {
          const mappers = all.filter(({ frames }) => frames.has(frame));
          if (mappers.length === 1) return 'oneProcessKb';
          return new Set(mappers.map(({ program }) => program)).size === 1
            ? 'oneProgramKb'
            : 'severalProgramsKb';
        };
        const tally = (frames: Iterable<number>) => {
          const sums = { oneProcessKb: 0, oneProgramKb: 0, severalProgramsKb: 0 };
          for (const frame of frames) sums[kind(frame)] += pageKb;
          return sums;
        };
        const { total, processes } = classifyFrames(all);
        expect(total).toEqual(tally(new Set(all.flatMap(({ frames }) => [...frames]))));
        expect(processes).toEqual(all.map(({ frames }) => tally(frames)));
      }),
    );
  });
});

describe('residentRanges', () => {
  const mapping = (range: string, name: string, rss: number) =>
    `${range} r--p 00000000 08:01 1234                       ${name}\nSize: 8 kB\nRss:                   ${rss} kB\nPss: 1 kB\nVmFlags: rd mr\n`;

  it('are those with memory in them, neighbours joined, without the kernel’s own', () => {
    const smaps = [
      mapping('1000-3000', '/usr/lib/Rss: 0 kB', 8),
      mapping('3000-5000', '', 4),
      mapping('5000-6000', '[heap]', 0),
      mapping('6000-7000', '[stack]', 4),
      mapping('7000-8000', '[vvar]', 4),
      mapping('8000-9000', '[vvar_vclock]', 4),
      mapping('9000-a000', '[vdso]', 4),
      mapping('ffffffffff600000-ffffffffff601000', '[vsyscall]', 4),
    ].join('');
    expect(residentRanges(smaps)).toEqual([
      { start: 0x1000, end: 0x5000 },
      { start: 0x6000, end: 0x7000 },
    ]);
  });
});

describe('collectFrames', () => {
  const bit = { present: 1n << 63n, swapped: 1n << 62n, ofFile: 1n << 61n, exclusive: 1n << 56n };
  const collect = (...words: bigint[]) => {
    const entries = Buffer.from(BigUint64Array.from(words).buffer);
    const [frames, doubtful] = [new Set<number>(), new Set<number>()];
    return { isShown: collectFrames(entries, frames, doubtful), frames, doubtful };
  };

  it('takes what is present', () => {
    const large = 2 ** 54 + 6;
    const { isShown, frames, doubtful } = collect(
      0n,
      bit.present | bit.ofFile | 7n,
      bit.swapped | 8n,
      bit.present | bit.exclusive | BigInt(large),
      bit.present | 9n,
      bit.present | (1n << 55n) | bit.ofFile | 7n,
    );
    expect(isShown).toBe(true);
    expect([...frames]).toEqual([7, large, 9]);
    expect([...doubtful]).toEqual([9]);
  });

  it('notices that the kernel hides the numbers', () => {
    expect(collect(0n, bit.present | bit.ofFile).isShown).toBe(false);
    expect(collect(0n, bit.swapped).isShown).toBe(true);
  });
});
