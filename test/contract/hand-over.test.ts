/**
 * A hand-over always works: from every stage of the loader, in both modes, under every limit under which the program itself runs.
 */
import { chmodSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { operations, planHeader, planOffset } from '../../src/image/plan-layout.ts';
import { reasons } from '../../src/image/reasons.ts';
import { decodeWide } from '../../src/util/structure.ts';
import { environment } from '../programs/build.ts';
import { runInShell, type Outcome } from '../run-program.ts';
import { changeRow, hasTrailer, stepsOnFreeRanges, tablesEnd } from './tampering.ts';
import { createWorkplace, handedOver, type Workplace } from './workplace.ts';

const usual = 'library from second\n';
const debugging = { ...environment, LINKONCE_DEBUG: '1' };

let place: Workplace;
const image = (): string => place.files.find((file) => file.endsWith('.image'))!;
const loader = (): string => [place.launcher, ...place.files].find(hasTrailer)!;
const header = () => decodeWide(planHeader, readFileSync(image()), planOffset);

function flip(offset: number): void {
  const bytes = readFileSync(image());
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 0xff, offset);
  writeFileSync(image(), bytes, { flag: 'r+' });
}

type Row = Parameters<Parameters<typeof changeRow>[4]>[0];
const changeStep = (index: number, change: (step: Row) => Row): void =>
  changeRow(loader(), image(), 'steps', index, change);
const protectNothing = (step: Row): Row => ({ ...step, operation: BigInt(operations.protect), address: 1n });

/** What is done to the image so that the loader gives up later and later. */
const stages: Readonly<Record<string, () => void>> = {
  'before the image': () => renameSync(image(), `${image()}.gone`),
  'before the plan is mapped': () => chmodSync(image(), 0o666),
  'with a plan that is damaged': () => flip(tablesEnd(image()) - 1),
  'with a file that is another one': () => utimesSync(place.library, 1, 1),
  'with another loader': () => flip(Number(header().loader_offset)),
  'at the first range': () => changeStep(stepsOnFreeRanges(image())[0]!, unmappable),
  'at the last range': () => changeStep(stepsOnFreeRanges(image()).at(-1)!, unmappable),
  'at the last step': () => changeStep(Number(header().steps_count) - 1, protectNothing),
};

/** By no whole page. */
function unmappable(step: Row): Row {
  return { ...step, address: (step.address ?? 0n) + 1n };
}

/** Of sh; `%` is the smallest number, of kB, under which the program itself runs. */
const limits: readonly string[] = [
  ':',
  'ulimit -d %',
  'ulimit -v %',
  'ulimit -n 4',
  'exec <&-; ulimit -n 3',
  'ulimit -s 256',
  'exec <&- 2>&-',
  'exec <&-; ulimit -d %; ulimit -n 4',
];

function start(
  limit: string,
  file: string,
  env: Readonly<Record<string, string>> = debugging,
): Promise<Outcome> {
  return runInShell(`${limit}; exec "$0"`, file, [], { env });
}

/** The limit with its number. The loader's own pages stay mapped behind a hand-over: they are allowed for. */
async function tightest(limit: string): Promise<string> {
  const step = 64;
  const lives = async (kb: number): Promise<boolean> =>
    (await start(limit.replaceAll('%', String(kb)), place.program)).status === 0;
  let [below, above] = [0, 64 * 1024];
  while (limit.includes('%') && above - below > step) {
    const middle = (below + above) / 2;
    if (await lives(middle)) above = middle;
    else below = middle;
  }
  return limit.replaceAll('%', String(above + step));
}

describe.each([
  ['a launcher', false, 'search-path', 'image:single'],
  ['an interpreter', true, 'search-path', 'image:single'],
  ['an interpreter of a program with fixed addresses', true, 'search-path-no-pie', 'image:single'],
  ['an interpreter whose modules may move', true, 'search-path', 'rebase-startup:slide'],
])('%s', (_, asInterpreter, name, form) => {
  beforeEach(async () => void (place = await createWorkplace({ asInterpreter, name, form })));
  afterEach(() => place.remove());

  test.each(Object.keys(stages))('%s', async (stage) => {
    const tight = await Promise.all(limits.map(tightest));
    stages[stage]!();
    for (const limit of tight) {
      const bound = await start(limit, place.launcher);
      expect(await start(limit, place.program), limit).toMatchObject({ stdout: usual, status: 0 });
      expect(bound, limit).toMatchObject({ stdout: usual, status: 0, signal: null });
      if (!limit.includes('2>&-')) expect(bound.stderr).toMatch(handedOver);
    }
  });

  test('what is short is named', async () => {
    const descriptors = await start('ulimit -n 3', place.launcher);
    expect(descriptors.stderr).toContain(`: ${reasons.noDescriptor.text}\n`);
    const memory = await start(await tightest('ulimit -v %'), place.launcher);
    expect(memory).toMatchObject({ stdout: usual, status: 0 });
    if (memory.stderr !== '') expect(memory.stderr).toContain(`: ${reasons.noMemory.text}\n`);
  });
});
