/**
 * A launcher that is asked says what it does when it is started: for every reason to hand over, what it answers is what the
 * start itself says.
 */
import { chmodSync, chownSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askLauncher, askLaunchers } from '../../src/image/ask-launcher.ts';
import { describeObstacle } from '../../src/image/obstacle.ts';
import { operations, planHeader, planOffset } from '../../src/image/plan-layout.ts';
import { reasons } from '../../src/image/reasons.ts';
import { decodeWide } from '../../src/util/structure.ts';
import {
  changeForm,
  changeLauncher,
  changePlan,
  changeRow,
  stepsOnFreeRanges,
  tablesEnd,
} from '../contract/tampering.ts';
import type { Workplace } from '../contract/workplace.ts';
import { compileLibrary, createWorkplace, expectHandOver, expectImage } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';

type ReasonName = keyof typeof reasons;

const usual = 'library from second\n';
/** Above all that a process may map. */
const beyond = 0x8000_0000_0000n;
const isRoot = process.getuid?.() === 0;

let place: Workplace;
afterEach(() => place.remove());

/** Where the kernel finds the loader: the launcher itself, or the interpreter of the program's copy. */
const loaderFile = (): string => place.files.find((file) => file.endsWith('.loader')) ?? place.launcher;
const image = (): string => place.files.find((file) => file.endsWith('.image'))!;
const headerOf = () => decodeWide(planHeader, readFileSync(image()), planOffset);
const plan = (change: Parameters<typeof changePlan>[2]): void => changePlan(loaderFile(), image(), change);
const row = (
  table: Parameters<typeof changeRow>[2],
  change: Parameters<typeof changeRow>[4],
  index = 0,
): void => changeRow(loaderFile(), image(), table, index, change);

/** Changes a byte of the image. */
function flip(at: number): void {
  const bytes = readFileSync(image());
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  writeFileSync(image(), bytes, { flag: 'r+' });
}

const arrange: Partial<Record<ReasonName, () => void>> = {
  noImage: () => rmSync(image()),
  imageTruncated: () => truncateSync(image(), 100),
  imageWritable: () => chmodSync(image(), 0o664),
  imageUnmapped: () => changeForm(loaderFile(), (form) => ({ ...form, planAddress: form.planAddress + 1 })),
  imageVersion: () => flip(planOffset + 8),
  imageDamaged: () => flip(tablesEnd(image()) - 1),
  imageLoader: () => flip(Number(headerOf().loader_offset)),
  fileChanged: () => compileLibrary(place.library, 'second'),
  stackLimit: () => plan((_, header) => ({ ...header, least_stack_limit: beyond })),
  machine: () => row('auxiliary', (entry) => ({ ...entry, value: (entry.value ?? 0n) ^ 1n })),
  platform: () =>
    plan((bytes, header) => {
      bytes.write('X', Number(header.platform));
      return header;
    }),
  processor: () => row('cpuid', (leaf) => ({ ...leaf, edx: (leaf.edx ?? 0n) ^ 1n })),
  processorState: () => plan((_, header) => ({ ...header, xcr0: header.xcr0 ^ 1n })),
  vdso: () =>
    plan((bytes, header) => {
      const last = Number(header.vdso_notes + header.vdso_notes_size) - 1;
      bytes.writeUInt8(bytes.readUInt8(last) ^ 0xff, last);
      return header;
    }),
  heapRoom: () => plan((_, header) => ({ ...header, heap_size: beyond })),
  heapUnread: () => plan((_, header) => ({ ...header, heap_size: 4096n, heap_offset: header.file_size })),
  rangeTaken: () => {
    const { plan_address: address } = headerOf();
    row('steps', (step) => ({ ...step, address }), stepsOnFreeRanges(image())[0]);
  },
  rangeUnmapped: () =>
    row('steps', (step) => ({ ...step, address: (step.address ?? 0n) + 1n }), stepsOnFreeRanges(image())[0]),
  noMemory: () => row('steps', (step) => ({ ...step, address: beyond }), stepsOnFreeRanges(image())[0]),
  rangeProtection: () =>
    row(
      'steps',
      (step) => ({ ...step, operation: BigInt(operations.protect), address: (step.address ?? 0n) + 1n }),
      stepsOnFreeRanges(image())[0],
    ),
  rangeSealed: () => row('seals', (range) => ({ ...range, address: (range.address ?? 0n) + 1n })),
};

/** What no file or variable can bring about, or what is asked where the rest of its kind is tested. */
const elsewhere: Partial<Record<ReasonName, string>> = {
  raisedPrivileges: 'the copy that is asked has no set-user-id bit',
  imageUnreadable: 'test/cli/why.test.ts, by another user',
  imageUnknown: 'fstat of an open file does not fail',
  kernelAnswer: 'no program here has its linker ask the kernel',
  noVdso: 'a kernel that is started without one',
  vdsoNotes: 'another kernel',
  noRandom: 'the first second of a machine',
  exeLink: 'test/cli/obstacles.test.ts',
  cachedLibrary: 'test/contract/ld-cache.test.ts',
  cacheUnread: 'test/contract/ld-cache.test.ts',
  imageForeign: 'below, for root',
  imageRangeTaken: 'test/contract/faults.test.ts',
  noDescriptor: 'test/contract/hand-over.test.ts',
  filteredLinks: 'test/contract/filter.test.ts',
  variables: 'below',
  debugger: 'test/contract/debugger.test.ts',
  moduleRoom: 'test/systems/rebase-startup.test.ts',
  rangeWritable: 'test/systems/rebase-startup.test.ts',
  fixesUnmapped: 'test/systems/rebase-startup.test.ts',
  fixesDamaged: 'test/systems/rebase-startup.test.ts',
  noNewCode: 'test/contract/no-new-code.test.ts',
  storeFile: 'test/pagein/faults.test.ts',
  noPlaces: 'test/pagein/faults.test.ts',
  placesUnserved: 'test/pagein/faults.test.ts',
  serverGone: 'test/pagein/faults.test.ts',
  serverForeign: 'test/pagein/faults.test.ts',
  serverSilent: 'test/pagein/faults.test.ts',
  serverStopped: 'test/pagein/faults.test.ts',
  placesForeign: 'test/pagein/faults.test.ts',
  placeForeign: 'test/pagein/faults.test.ts',
  placeSlide: 'test/pagein/faults.test.ts',
};

test('every reason is arranged here, or said to be elsewhere', async () => {
  place = await createWorkplace();
  expect([...Object.keys(arrange), ...Object.keys(elsewhere)].sort()).toEqual(Object.keys(reasons).sort());
});

test('the texts are distinct', async () => {
  place = await createWorkplace();
  expect(new Set(Object.values(reasons).map(({ text }) => text)).size).toBe(Object.keys(reasons).length);
});

describe.each([
  ['launcher', false],
  ['interpreter', true],
])('as %s', (_, asInterpreter) => {
  beforeEach(async () => void (place = await createWorkplace({ asInterpreter })));

  /** Asked and started, it says the same. */
  async function expectReason(name: ReasonName, variables = {}): Promise<void> {
    const env = { ...environment, ...variables };
    expect(askLauncher(place.launcher, env)).toMatchObject({
      outcome: 'hands-over',
      reason: reasons[name].text,
      remedy: reasons[name].remedy,
      help: reasons[name].help,
    });
    const started = await place.start({ env: { ...env, LINKONCE_DEBUG: '1' } });
    expectHandOver(started, usual);
    expect(started.stderr).toContain(`handed over to the platform's linker: ${reasons[name].text}\n`);
  }

  test('nothing is in the way: nothing is started, and then it runs from its image', async () => {
    expect(askLauncher(place.launcher, environment)).toBeUndefined();
    expectImage(await place.start(), usual);
  });

  test.each(Object.entries(arrange) as [ReasonName, () => void][])('%s', async (name, change) => {
    change();
    await expectReason(name);
  });

  test('imageForeign', async ({ skip }) => {
    if (!isRoot) skip('only root can give files away');
    chownSync(image(), 1234, 1234);
    await expectReason('imageForeign');
  });

  test.each([['LD_BIND_NOW'], ['GLIBC_TUNABLES'], ['MALLOC_ARENA_MAX'], ['LD_BIND_NOW', 'MALLOC_PERTURB_']])(
    'the variables that are set are named: %s %s',
    async (...names) => {
      const variables = Object.fromEntries(names.map((name) => [name, '1']));
      await expectReason('variables', variables);
      const detail = `set: ${names.join(', ')}`;
      expect(askLauncher(place.launcher, { ...environment, ...variables })?.detail).toBe(detail);
    },
  );

  test('a changed file is named', () => {
    compileLibrary(place.library, 'second');
    const found = askLauncher(place.launcher, environment)!;
    expect(found.detail).toContain(place.library);
    expect(describeObstacle(found)).toMatch(
      /^for this user it runs through ld\.so here: a file is not as at bind \([^\n]*liborder[^\n]*\); to do: bind it again here /,
    );
  });

  test('a taken range is named', () => {
    arrange.rangeTaken!();
    const found = askLauncher(place.launcher, environment)!;
    expect(found.detail).toMatch(/ wants 0x[0-9a-f]+-0x[0-9a-f]+, where .+ is$/);
  });

  test('a file that cannot be executed does not start', () => {
    chmodSync(place.launcher, 0o644);
    expect(askLauncher(place.launcher, environment)).toMatchObject({ outcome: 'fails' });
  });

  test('a launcher of another version does not start', () => {
    changeLauncher(loaderFile(), (launcher) => ({ ...launcher, version: launcher.version + 1 }));
    expect(askLauncher(place.launcher, environment)).toMatchObject({
      outcome: 'fails',
      reason: expect.stringContaining('it is damaged') as unknown,
    });
  });
});

describe('nobody can have a real launcher start nothing', () => {
  beforeEach(async () => void (place = await createWorkplace()));

  test.each([
    ['a name', { argv0: 'linkonce' }, {}],
    ['a variable', {}, { LINKONCE_ASK: '1', LINKONCE_CHECK: '1', LINKONCE_DEBUG: '1' }],
  ])('by %s', async (_, { argv0 }: { argv0?: string }, variables) => {
    const command = argv0 === undefined ? '"$0"' : `exec -a ${argv0} "$0"`;
    const env = { ...environment, ...variables };
    expectImage(await runProgram('/bin/bash', ['--norc', '-c', command, place.launcher], { env }), usual);
  });
});

test('what is no launcher of ours has nothing to be asked', async () => {
  place = await createWorkplace();
  expect(askLauncher(place.program, environment)).toBeUndefined();
});

test('many are asked at once, and each has its own answer', async () => {
  place = await createWorkplace();
  const other = { ...environment, LD_BIND_NOW: '1' };
  const questions = Array.from({ length: 20 }, (_, index) => ({
    file: index % 5 === 0 ? place.program : place.launcher,
    environment: index % 3 === 0 ? other : environment,
  }));
  const answers = await askLaunchers(questions);
  expect(answers).toEqual(questions.map((each) => askLauncher(each.file, each.environment)));
  expect(answers.filter((each) => each !== undefined)).toHaveLength(5);
});
