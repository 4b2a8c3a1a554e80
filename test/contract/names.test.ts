/**
 * What a process is called. The judge is the program itself, started by the same path: it stands where the launcher stood. Called by
 * the launcher's own name it is the program by its path of the bind.
 */
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { linkonce } from '../cli/linkonce.ts';
import { environment } from '../programs/build.ts';
import { runInShell } from '../run-program.ts';
import { compileHere } from './compile.ts';
import { handedOver } from './workplace.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };
/** By which a launcher hands over. */
const linkerVariable = { ...debugging, LD_NOTHING: '1' };

/** A way by which another name leads to a file. */
const links: readonly (readonly [string, (target: string, at: string) => void])[] = [
  ['a symbolic link', symlinkSync],
  ['a link to a link', linkTwice],
  ['a hard link', linkSync],
  ['a copy', copyFileSync],
];

function linkTwice(target: string, at: string): void {
  symlinkSync(target, `${at}.first`);
  symlinkSync(`${at}.first`, at);
}

/** How a name is typed; `$0` is its path. */
const calls: readonly (readonly [string, string])[] = [
  ['by its path', 'exec "$0" one "two words" ""'],
  ['by a relative path', 'cd "${0%/*}" && exec "./${0##*/}" one'],
  ['by PATH', 'PATH="${0%/*}:$PATH"; exec "${0##*/}" one'],
];
const asOther = `exec bash -c 'exec -a "$1" "$0" one' "$0" "$1"`;

let folder: string;
const program = (): string => path.join(folder, 'home', 'names-of-it');
/** The same program in a file that may have links: a new one gives a file another ctime. */
const judge = (): string => path.join(folder, 'judge');

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-names-'));
  mkdirSync(path.dirname(program()));
  compileHere('names', program());
  copyFileSync(program(), judge());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Form {
  readonly title: string;
  /** Binds, and answers the file that a person starts. */
  readonly bind: () => Promise<string>;
  /** In interpreter mode a copy of the program stands there, and its own name is its name. */
  readonly isCopy?: boolean;
}

const forms: readonly Form[] = [
  { title: 'image:single, by a name of its own', bind: () => bindTo('image:single', 'launch') },
  { title: 'image:single, by the name of its program', bind: () => bindTo('image:single', 'names-of-it') },
  { title: 'prelink:files', bind: () => bindTo('prelink:files', 'launch') },
  { title: 'a store', bind: addToStore },
  { title: 'interpreter', bind: () => bindTo('image:single', 'launch', true), isCopy: true },
];

async function bindTo(form: string, name: string, asInterpreter = false): Promise<string> {
  const [id = '', variant = ''] = form.split(':');
  const system = findSystem(id);
  if (!system) throw new Error(`there is no system ${id}`);
  const output = path.join(mkdtempSync(path.join(folder, 'bound-')), name);
  const image = await bindProgram(program(), { system, variant, output, asInterpreter }, () => undefined);
  return image.file;
}

async function addToStore(): Promise<string> {
  const store = path.join(folder, 'store');
  const { status, stderr } = await linkonce(['store', 'add', '--store', store, program()]);
  expect(status, stderr).toBe(0);
  return path.join(store, 'bin', 'names-of-it');
}

describe.each(forms)('$title', ({ bind, isCopy = false }) => {
  let launcher: string;
  beforeAll(async () => void (launcher = await bind()));

  /** A place for a name, and what stands there: `make` is called for the launcher, then for the program. */
  const compare = async (
    make: (target: string, at: string) => void,
    name: string,
    command: string,
    ...more: string[]
  ) => {
    const at = path.join(mkdtempSync(path.join(folder, 'other-')), name);
    const outcomes = [];
    for (const target of [launcher, judge()]) {
      make(target, at);
      outcomes.push(await runInShell(command, at, more, { env: debugging }));
      renameSync(at, `${at}.before`);
      rmSync(`${at}.first`, { force: true });
    }
    const [bound, stock] = outcomes;
    expect(stock?.stdout).toMatch(/^argv [^]*\ncmdline [^]*\n$/);
    expect(bound).toEqual(stock);
  };

  describe.each(links)('through %s of another name', (_, make) => {
    test.each(calls)('%s', (__, command) => compare(make, 'other', command));

    test.each(['-other', '-names-of-it', '/some/where', 'names-of-it'])('as %s', (typed) =>
      compare(make, 'other', asOther, typed),
    );
  });

  test('as the interpreter of a script', async () => {
    const script = (target: string, at: string): void => {
      // What stands in the first line is argv[0].
      const interpreter = path.join(path.dirname(at), 'interpreter');
      rmSync(interpreter, { force: true });
      symlinkSync(target, interpreter);
      writeFileSync(at, `#!${interpreter} -o\n`);
      chmodSync(at, 0o755);
    };
    for (const [, command] of calls) await compare(script, 'script', command);
  });

  test('a script has its own name, whatever its interpreter is called', async () => {
    const script = path.join(mkdtempSync(path.join(folder, 'script-')), 'daemon');
    writeFileSync(script, `#!${launcher}\n`);
    chmodSync(script, 0o755);
    const { stdout, stderr } = await runInShell('exec "$0" one', script, [], { env: debugging });
    expect({ stdout, stderr }).toEqual({
      stdout: [
        `argv ${launcher}`,
        `argv ${script}`,
        'argv one',
        `AT_EXECFN ${script}`,
        'comm daemon\n',
        `cmdline ${launcher}|${script}|one|\n`,
      ].join('\n'),
      stderr: '',
    });
  });

  test('as a login shell starts: what is typed stays', async () => {
    const { stdout } = await runInShell(asOther, launcher, ['-launch'], { env: debugging });
    expect(stdout).toMatch(/^argv -launch\n/);
  });

  test.skipIf(isCopy).each(calls)('by its own name, %s', async (_, command) => {
    const run = (file: string) => runInShell(command, file, [], { env: debugging });
    const [bound, stock] = [await run(launcher), await run(program())];
    // A relative path becomes the one of the bind.
    const relative = (text: string) => text.replaceAll('./names-of-it', program());
    expect(bound).toEqual({ ...stock, stdout: relative(stock.stdout) });
  });

  describe('handed over', () => {
    const typed = ({ stdout }: { readonly stdout: string }) =>
      stdout.split('\n').filter((line) => /^(argv|cmdline)/.test(line));

    test.each(links)('argv[0] is what was typed through %s', async (_, make) => {
      const at = path.join(mkdtempSync(path.join(folder, 'other-')), 'other');
      make(launcher, at);
      const outcome = await runInShell('exec "$0" one', at, [], { env: linkerVariable });
      expect(outcome.stderr).toMatch(handedOver);
      expect(typed(outcome)).toEqual([`argv ${at}`, 'argv one', `cmdline ${at}|one|`]);
    });

    test.skipIf(isCopy)('by its own name it is the program', async () => {
      const run = (file: string) => runInShell('exec "$0" one', file, [], { env: linkerVariable });
      expect((await run(launcher)).stdout).toEqual((await run(program())).stdout);
    });
  });
});
