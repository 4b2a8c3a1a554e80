/** What is no program that can be bound, and the one line that says so. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadProgram } from '../../src/program/load-program.ts';
import { LinkonceError, Refusal } from '../../src/util/errors.ts';
import { calling, returning, workshop } from './workshop.ts';

const shop = workshop();
const ordinary = shop.program('ordinary', 'int main(void) { return 0; }');

/** A file with that content that may be executed. */
function file(name: string, content: string | Uint8Array): string {
  const target = path.join(shop.directory, name);
  writeFileSync(target, content, { mode: 0o755 });
  return target;
}

/** The ordinary program with some bytes of its header changed. */
function patched(name: string, offset: number, ...bytes: readonly number[]): string {
  const content = readFileSync(ordinary);
  content.set(bytes, offset);
  return file(name, content);
}

function failure(typed: string): LinkonceError {
  try {
    loadProgram(typed, { search: shop.directory });
  } catch (error) {
    if (error instanceof LinkonceError) return error;
    throw error;
  }
  throw new Error(`${typed} was loaded`);
}

describe('what a person types', () => {
  test('a name is looked up, links are kept in the invocation', () => {
    symlinkSync(ordinary, path.join(shop.directory, 'alias'));
    const program = loadProgram('alias', { search: `/nowhere:${shop.directory}` });
    expect(program.invocation).toBe(path.join(shop.directory, 'alias'));
    expect(program.path).toBe(realpathSync(ordinary));
    expect(program.executable.path).toBe(program.path);
  });

  test('a relative path counts from the working directory', () => {
    const typed = path.relative(process.cwd(), ordinary);
    expect(loadProgram(typed).invocation).toBe(ordinary);
  });

  test('the search passes over directories and files that cannot be executed', () => {
    mkdirSync(path.join(shop.directory, 'first', 'tool'), { recursive: true });
    mkdirSync(path.join(shop.directory, 'second'));
    writeFileSync(path.join(shop.directory, 'second', 'tool'), '', { mode: 0o644 });
    const tool = shop.program('third/tool', 'int main(void) { return 0; }');
    const search = ['first', 'second', 'third'].map((name) => path.join(shop.directory, name)).join(':');
    expect(loadProgram('tool', { search }).invocation).toBe(tool);
  });
});

describe('one line says what is wrong', () => {
  test.each<[string, () => string, string]>([
    ['unknown name', () => 'no-such-program', 'no-such-program: no such program in PATH'],
    ['no name', () => '', 'the name of the program is empty'],
    ['unknown path', () => '/no/such/program', '/no/such/program: no such program'],
    ['directory', () => shop.directory, `${shop.directory}: is a directory`],
    ['device', () => '/dev/null', '/dev/null: is not a regular file'],
    [
      'script',
      () => file('script', '#!/bin/sh -e\necho\n'),
      'script is a script (#!/bin/sh -e): name the program that it starts; `bind` and `store add` find it by a run, with --learn ARGS',
    ],
    ['text', () => file('text', 'hello'), 'text is no ELF file'],
    ['empty', () => file('empty', ''), 'empty is empty'],
    [
      'cut in the header',
      () => file('cut', readFileSync(ordinary).subarray(0, 40)),
      'cut is a truncated ELF file (40 bytes)',
    ],
  ])('%s', (_, make, message) => {
    const error = failure(make());
    expect(error).not.toBeInstanceOf(Refusal);
    expect(error.message).toMatch(new RegExp(`${escaped(message)}$`));
  });

  test('not executable', () => {
    const target = file('plain', readFileSync(ordinary));
    chmodSync(target, 0o644);
    expect(failure(target).message).toBe(`${target}: is not executable`);
  });

  test('cut behind the header', () => {
    expect(failure(file('short', readFileSync(ordinary).subarray(0, 700))).name).toBe('ElfError');
  });

  test('missing library', () => {
    const library = shop.library('gone/libgone.so.1', returning('gone'), '-Wl,-soname,libgone.so.1');
    const target = shop.program('needy', calling('gone'), library);
    expect(failure(target).message).toBe(`${target} needs libgone.so.1, which is not found`);
  });

  test('missing linker', () => {
    const target = shop.program(
      'unlinked',
      'int main(void) { return 0; }',
      '-Wl,-dynamic-linker,/nowhere/ld-linux-x86-64.so.2',
    );
    expect(failure(target).message).toBe(
      `${target} needs the linker /nowhere/ld-linux-x86-64.so.2, which is not found`,
    );
  });
});

describe('a program that cannot be bound is refused', () => {
  test.each<[string, () => string, string]>([
    [
      'static',
      () => shop.program('static', 'int main(void) { return 0; }', '-static'),
      'is not dynamically linked: it has no PT_INTERP',
    ],
    ['32-bit', () => patched('small', 4, 1), 'is a 32-bit program'],
    ['big-endian', () => patched('big', 5, 2), 'is a big-endian program'],
    ['other machine', () => patched('arm', 18, 183, 0), 'is for another machine (e_machine 183)'],
    [
      'other linker',
      () => shop.program('odd', 'int main(void) { return 0; }', '-Wl,-dynamic-linker,/lib/ld-odd.so.1'),
      "has the linker /lib/ld-odd.so.1, which is neither glibc's nor musl's",
    ],
    ['set-user-id', () => withMode('suid', 0o4755), 'is set-user-id'],
    ['set-group-id', () => withMode('sgid', 0o2755), 'is set-group-id'],
  ])('%s', (_, make, message) => {
    const target = make();
    expect(failure(target)).toEqual(new Refusal(`${target} ${message}`));
  });

  test.each([
    ['ThreadSanitizer', '__tsan_init'],
    ['MemorySanitizer', '__msan_init'],
    ['HWAddressSanitizer', '__hwasan_init'],
    ['DataFlowSanitizer', 'dfsan_set_label'],
  ])('%s in an executable that exports its runtime', (sanitizer, name) => {
    const target = shop.program(name, `void ${name}(void) {} int main(void) { return 0; }`, '-rdynamic');
    const message = `${sanitizer} (in ${target}) wants memory in certain ranges, where no image is`;
    expect(failure(target)).toEqual(new Refusal(message));
  });

  test('ThreadSanitizer as a library', ({ skip }) => {
    let target: string;
    try {
      target = shop.program('raced', 'int main(void) { return 0; }', '-fsanitize=thread');
    } catch {
      skip('libtsan is not installed');
    }
    expect(failure(target!).message).toMatch(
      /^\S+raced: ThreadSanitizer \(in .*libtsan\.so\S*\) wants memory/,
    );
  });

  test.each([
    ['DT_AUDIT', '--audit'],
    ['DT_DEPAUDIT', '--depaudit'],
  ])('%s, before anything of the auditor runs', (tag, option) => {
    const mark = path.join(shop.directory, `${tag}-ran`);
    const auditor = shop.library(
      `${tag}.so`,
      `#include <fcntl.h>
       unsigned la_version(unsigned version) { open("${mark}", O_CREAT | O_WRONLY, 0600); return version; }`,
    );
    const target = shop.program(tag, 'int main(void) { return 0; }', `-Wl,${option}=${auditor}`);
    const message = `${target} names auditors (${tag}), which watch ld.so at work`;
    expect(failure(target)).toEqual(new Refusal(message));
    expect(existsSync(mark)).toBe(false);
    execFileSync(target);
    expect(existsSync(mark)).toBe(true);
  });

  test('file capabilities', ({ skip }) => {
    const target = file('capable', readFileSync(ordinary));
    try {
      execFileSync('/usr/sbin/setcap', ['cap_net_raw+ep', target], { stdio: 'ignore' });
    } catch {
      skip('setting file capabilities is not permitted here');
    }
    expect(failure(target)).toEqual(new Refusal(`${target} has file capabilities`));
  });
});

function withMode(name: string, mode: number): string {
  const target = file(name, readFileSync(ordinary));
  chmodSync(target, mode);
  return target;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
