/** The package is whole, needs no compiler, builds nothing, and leaves alone where it is installed. */
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readElf } from '../../src/elf/read-elf.ts';
import { packageRoot } from '../../src/util/native.ts';
import type { Outcome } from '../run-program.ts';
import { runProgram } from '../run-program.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import type { Installed } from './installed.ts';
import { installIn } from './installed.ts';

const root = packageRoot();
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-package-'));
let installed: Installed;
let whyNot: string | undefined;
let asInstalled: string;

beforeAll(async () => {
  const outcome = await installIn(folder);
  if ('whyNot' in outcome) return void (whyNot = outcome.whyNot);
  installed = outcome;
  asInstalled = listing(installed.prefix);
});
beforeEach((context) => {
  context.skip(whyNot !== undefined, whyNot);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every file with its size and times. */
function listing(place: string): string {
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' }).sort();
  const lines = names.map((name) => {
    const { size, mtimeMs, ctimeMs } = lstatSync(path.join(place, name));
    return `${name} ${String(size)} ${String(mtimeMs)} ${String(ctimeMs)}`;
  });
  return lines.join('\n');
}

const packageFolder = (): string => path.join(installed.prefix, 'lib', 'node_modules', 'linkonce');

test('has what is needed to run, and nothing else', () => {
  const listed = execFileSync('tar', ['tzf', installed.file], { encoding: 'utf8' }).trim().split('\n');
  const files = listed.map((name) => name.replace(/^package\//, ''));
  const places = new Set(files.map((name) => name.split('/')[0]));
  expect([...places].sort()).toEqual(
    [
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'build', 'contrib', 'dist', 'docs', 'examples', 'linkonce'],
      ...['models', 'native', 'package.json'],
    ].sort(),
  );
  expect(
    files.filter((name) => /(?<!\.d)\.ts$|\.map$|\.tsbuildinfo$|\.test\.|^docs\/reports/.test(name)),
  ).toEqual([]);
});

/** glibc 2.31 is the oldest that linkonce serves: what was compiled here must not want more. */
test('what it brings compiled starts with the oldest glibc', () => {
  const files = readdirSync(path.join(packageFolder(), 'build'), { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(packageFolder(), 'build', name))
    .filter((file) => lstatSync(file).isFile() && !file.endsWith('.bin'));
  const wanted = files.flatMap((file) => {
    const { symbols } = readElf(file);
    const versions = Array.from({ length: symbols.count }, (_, index) => symbols.at(index).version);
    return versions.flatMap((version) => (version?.file === undefined ? [] : version.name));
  });
  const minor = wanted.map((name) => Number(/^GLIBC_2\.(\d+)/.exec(name)?.[1]));
  expect(files.length).toBeGreaterThan(10);
  expect(Math.max(...minor)).toBeLessThanOrEqual(31);
});

test('nothing runs when it is installed', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(packageFolder(), 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  expect(Object.keys(scripts).filter((name) => /install|prepare$/.test(name))).toEqual([]);
});

test('its changes begin with its version', () => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(/^## (\S+)/m.exec(readFileSync(path.join(packageFolder(), 'CHANGELOG.md'), 'utf8'))?.[1]).toBe(
    version,
  );
});

test('man(1) finds its page', () => {
  const page = path.join(installed.prefix, 'share', 'man', 'man1', 'linkonce.1');
  expect(realpathSync(page)).toBe(path.join(packageFolder(), 'docs', 'man', 'linkonce.1'));
});

const users = [
  { user: 'who installed it', start: (file: string, args: readonly string[]) => [file, [...args]] as const },
  { user: 'another one', start: asStranger, whyNoUser: whyNoStranger },
] as const;

describe.each(users)('is used by $user', ({ user, start, ...rest }) => {
  const home = path.join(folder, user.replaceAll(' ', '-'));
  beforeAll(() => {
    mkdirSync(home, { recursive: true });
    if (user === 'another one' && !('whyNoUser' in rest && rest.whyNoUser)) chownSync(home, 65534, 65534);
  });
  beforeEach((context) => {
    const reason = 'whyNoUser' in rest ? rest.whyNoUser : undefined;
    context.skip(reason !== undefined, reason);
  });

  const run = (file: string, ...args: readonly string[]): Promise<Outcome> =>
    runWith(installed.tools, file, ...args);
  const runWith = (tools: string, file: string, ...args: readonly string[]): Promise<Outcome> => {
    const [first, others] = start(file, args);
    const env = {
      PATH: `${path.join(installed.prefix, 'bin')}:${tools}`,
      HOME: home,
      TMPDIR: home,
      LINKONCE_DEBUG: '1',
    };
    const absolute = first.includes('/') ? first : path.join(installed.tools, first);
    return runProgram(absolute, others, { env, cwd: home });
  };
  const linkonce = (...args: readonly string[]): Promise<Outcome> =>
    run(path.join(installed.prefix, 'bin', 'linkonce'), ...args);
  const program = '/bin/true';
  const answer = execFileSync(program, ['--version'], { encoding: 'utf8' });
  const asProgram = { stdout: answer, stderr: '', status: 0, signal: null };

  test('its version, its manual page, completions', async () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await linkonce('--version')).toMatchObject({ stdout: `${version}\n`, stderr: '', status: 0 });
    const { stdout: page } = await linkonce('man', '--path');
    expect(readFileSync(page.trimEnd(), 'utf8')).toContain(`linkonce ${version}`);
    expect(await linkonce('man')).toMatchObject({
      stderr: expect.stringMatching(
        /^linkonce: there is no man\(1\) here; the page is .*linkonce\.1\n$/,
      ) as unknown,
      status: 1,
    });
    for (const shell of ['bash', 'zsh', 'fish'])
      expect(await linkonce('completion', shell)).toMatchObject({
        stdout: expect.stringContaining('rebase-page-in') as unknown,
        stderr: '',
        status: 0,
      });
  });

  test('bind', async () => {
    const launcher = path.join(home, 'bound');
    expect(await linkonce('bind', '--output', launcher, program)).toMatchObject({ stderr: '', status: 0 });
    expect(await run(launcher, '--version')).toEqual(asProgram);
  });

  test('run, twice: the second time without Node', async () => {
    expect(await linkonce('run', program, '--version')).toEqual(asProgram);
    const tool = path.join(installed.prefix, 'bin', 'linkonce');
    expect(await runWith(installed.fewTools, tool, 'run', program, '--version')).toEqual(asProgram);
    expect(readdirSync(path.join(home, '.cache', 'linkonce'))).toHaveLength(1);
  });

  test('store', async () => {
    const store = path.join(home, 'store');
    expect(await linkonce('store', 'add', '--store', store, program)).toMatchObject({
      stderr: '',
      status: 0,
    });
    expect(await run(path.join(store, 'bin', 'true'), '--version')).toEqual(asProgram);
    expect(await linkonce('store', 'verify', '--store', store)).toMatchObject({ stderr: '', status: 0 });
    expect(await linkonce('store', 'undo', '--store', store)).toMatchObject({ stderr: '', status: 0 });
    expect(existsSync(store)).toBe(false);
  });

  test('compare, with the calls between modules, which it brings compiled', async () => {
    const json = path.join(home, 'measurement.json');
    const html = path.join(home, 'report.html');
    const outputs = ['--json', json, '--html', html];
    const outcome = await linkonce(
      'compare',
      '--quick',
      '--systems',
      'image',
      ...outputs,
      program,
      '--version',
    );
    expect(outcome.status).toBe(0);
    const { calls, warnings } = JSON.parse(readFileSync(json, 'utf8')) as {
      calls?: { results: readonly { status: string }[] };
      warnings: readonly { kind: string }[];
    };
    expect(warnings.filter(({ kind }) => kind === 'calls')).toEqual([]);
    expect(calls?.results.map(({ status }) => status)).toContain('measured');
    expect(readFileSync(html, 'utf8')).toContain('<title>');
  });

  test('doctor says what is missing, and that programs can be bound', async () => {
    const { stdout, status } = await linkonce('doctor', '--json');
    const answers = answersOf(stdout);
    expect([answers.get('bind')?.answer, answers.get('cc')?.answer]).toEqual(['yes', 'no']);
    const link = answers.get('exe-link');
    if (link?.answer !== 'yes' && /^Seccomp:\t0$/m.test(readFileSync('/proc/self/status', 'utf8')))
      expect(link?.detail).toContain('there is no unshare(1)');
    expect(status).toBe(0);
  });

  test('what must be compiled says so in one line', async () => {
    expect(await linkonce('synthetic')).toEqual({
      stdout: '',
      stderr: expect.stringMatching(/^linkonce: cc: there is no C compiler[^\n]*\n$/) as unknown,
      status: 1,
      signal: null,
    });
  });

  test('and nothing was written to where it is installed', () => {
    expect(listing(installed.prefix)).toBe(asInstalled);
  });
});

interface Answer {
  readonly id: string;
  readonly answer: string;
  readonly detail: string;
}

function answersOf(findings: string): ReadonlyMap<string, Answer> {
  return new Map((JSON.parse(findings) as Answer[]).map((each) => [each.id, each]));
}

test('where glibc is not there, doctor says that it cannot try a bind', async () => {
  const copy = path.join(folder, 'without-glibc');
  cpSync(packageFolder(), copy, { recursive: true });
  const program = path.join(copy, 'build', 'native', 'self-test');
  const elsewhere = readFileSync(program, 'latin1').replace('/ld-linux-x86-64.so.2', '/ld-linux-x86-64.so.0');
  writeFileSync(program, elsewhere, 'latin1');
  const env = { PATH: installed.tools, HOME: folder };
  const { stdout, status } = await runProgram(path.join(copy, 'linkonce'), ['doctor', '--json'], { env });
  expect(answersOf(stdout).get('bind')).toMatchObject({
    answer: 'limited',
    detail: expect.stringContaining('ld-linux-x86-64.so.0, which is not here') as unknown,
  });
  expect(status).toBe(0);
});

/** It needs no types but those of the package and of browsers, which have a console. */
const consumer = `import {
  addPrograms, bindProgram, chooseSystem, collisionProbability, compareGrowth, comparePrograms, examineMachine, explainPages, listStore,
  readMeasurement, renderHtml, renderScale, renderText, storeAt, undoStore, writeMeasurement, type Finding, type Measurement,
} from 'linkonce';
declare const process: { readonly pid: number };

const measurement: Measurement = await comparePrograms([{ name: '/bin/true', args: [], processes: 1 }], {
  choices: [chooseSystem('got-plt:lazy')],
  runs: 2,
  moment: 'exit',
});
await writeMeasurement(measurement, 'measurement.json');
const read = await readMeasurement('measurement.json');
const html: string = renderHtml(read);
console.log(renderText(read).split('\\n')[0], html.length > renderText(read).length, explainPages(process.pid).pid === process.pid);
const image = await bindProgram('/bin/true', { ...chooseSystem('image'), output: 'bound' });
const names: readonly string[] = image.modules.map(({ name }) => name);
console.log(names.includes('libc.so.6'));

const store = storeAt('store');
const { added, failures } = await addPrograms(store, { typed: ['/bin/true'] });
const { programs } = await listStore(store.store);
console.log(added.length, failures.length, programs[0]?.name, programs[0]?.stale);
console.log((await undoStore(store)).length);
const findings: readonly Finding[] = await examineMachine();
console.log(findings.find(({ id }) => id === 'bind')?.answer);
console.log(collisionProbability(16, 300) > 0.4, typeof compareGrowth, typeof renderScale);

// @ts-expect-error no such setting
export const wrong = () => comparePrograms([], { runs: 'two' });
`;

test('another package compiles against its types without those of Node, and runs', async () => {
  const place = path.join(folder, 'consumer');
  mkdirSync(path.join(place, 'node_modules'), { recursive: true });
  execFileSync('ln', ['-s', packageFolder(), path.join(place, 'node_modules', 'linkonce')]);
  writeFileSync(path.join(place, 'consumer.mts'), consumer);
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = await runProgram(process.execPath, [compiler, '--strict', 'consumer.mts'], { cwd: place });
  expect(compiled).toMatchObject({ stdout: '', status: 0 });
  expect(await runProgram(process.execPath, ['consumer.mjs'], { cwd: place })).toEqual({
    stdout: '/bin/true true true\ntrue\n1 0 true undefined\n0\nyes\ntrue function function\n',
    stderr: '',
    status: 0,
    signal: null,
  });
});
