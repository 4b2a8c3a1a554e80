/**
 * The loophole in address randomness that the seed names, used as an attacker would: a program is bound twice, its modules are elsewhere each
 * time, and what was written down before any bind still works. It calls `puts` through an address of which it knows nothing but
 * the constants of docs/systems.md and the function's name, and finds at such an address the word that says where `puts` is.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';
import { environment } from '../programs/build.ts';
import { Binder, choiceOf } from './bound-set.ts';
import { compile } from './compile.ts';
import { fnv1a } from './fnv.ts';

/**
 * `words` START PAGES: the places of words in this memory that are the address of `puts`; `call` ADDRESS, `number` NUMBER GATE: calls it
 * there. It says where `puts` is, and nothing of that is used on the way.
 */
const source = `
  #include <stdio.h>
  #include <stdlib.h>
  #include <string.h>
  #include <sys/mman.h>
  static void words(unsigned long start, unsigned long pages) {
    for (unsigned long page = start; page < start + pages * 4096; page += 4096) {
      unsigned char resident;
      if (mincore((void *)page, 4096, &resident) != 0) continue;
      for (unsigned long at = page; at < page + 4096; at += 8)
        if (*(volatile unsigned long *)at == (unsigned long)puts) printf("word %lx\\n", at);
    }
  }
  static void by_number(unsigned long number, unsigned long gate) {
    __asm__ volatile("push %%rbp; mov %%rsp, %%rbp; sub $128, %%rsp; and $-16, %%rsp; mov %0, %%r11\\n"
                     "call *%1; mov %%rbp, %%rsp; pop %%rbp"
                     : : "r"(number), "r"(gate), "D"("called")
                     : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
  }
  int main(int argc, char **argv) {
    setvbuf(stdout, 0, _IONBF, 0);
    printf("puts %lx\\n", (unsigned long)puts);
    unsigned long first = strtoul(argv[2], 0, 16), second = strtoul(argv[3], 0, 16);
    if (strcmp(argv[1], "words") == 0) words(first, second);
    if (strcmp(argv[1], "call") == 0) ((int (*)(const char *))first)("called");
    if (strcmp(argv[1], "number") == 0) by_number(first, second);
    puts("alive");
    return 0;
  }`;

const binder = new Binder();
let program: string;
beforeAll(() => {
  program = compile(binder.folder, { name: 'hole', flags: ['-Wl,-z,now', '-pie', '-fPIE'], source });
});
afterAll(() => {
  binder.remove();
});

type Attack = readonly [what: 'words' | 'call' | 'number', first: number, second: number];

interface Attacked {
  readonly puts: number;
  /** What it printed beside. */
  readonly lines: readonly string[];
}

async function attack(launcher: string, [what, first, second]: Attack): Promise<Attacked> {
  const env = { ...environment, LINKONCE_DEBUG: '1' };
  const args = [what, first.toString(16), second.toString(16)];
  const { stdout, stderr, status, signal } = await runProgram(launcher, args, { env });
  expect({ stderr, status, signal }).toEqual({ stderr: '', status: 0, signal: null });
  const [puts = '', ...lines] = stdout.trimEnd().split('\n');
  expect(lines.pop()).toBe('alive');
  return { puts: Number(`0x${puts.replace('puts ', '')}`), lines };
}

/** The same attack in processes of two binds. */
async function attackTwice(form: string, how: Attack): Promise<readonly [Attacked, Attacked]> {
  const [first, second] = [await binder.bind(program, form), await binder.bind(program, form)];
  const outcomes = [await attack(first.file, how), await attack(second.file, how)] as const;
  expect(outcomes[0].puts).not.toBe(outcomes[1].puts);
  return outcomes;
}

/** Where a word at a constant address, in these pages, is the address of `puts`: the same places in both. */
async function wordsOf(form: string, start: number, pages: number): Promise<number[]> {
  const [first, second] = await attackTwice(form, ['words', start, pages]);
  expect(second.lines).toEqual(first.lines);
  return first.lines.map((line) => Number(`0x${line.replace('word ', '')}`));
}

async function expectCalled(form: string, how: Attack): Promise<void> {
  for (const { lines } of await attackTwice(form, how)) expect(lines).toEqual(['called']);
}

/** Of docs/systems.md. */
const low = 0x7000_0000;
const entries = 512;
const entry = low + 8 * (fnv1a('puts@GLIBC_2.2.5') % entries);
/** All tables: 1, 2, 4, … 512 pages. */
const wordsAt = entry + 1023 * 4096;
const numbersAt = low + 2 * 4096;
const lookUpPages = {
  'look-up': 0x3000_0000_0000 + fnv1a('libc.so.6') * 4096,
  'look-up-literal': (16 + (fnv1a('libc.so.6') % (2 ** 19 - 16))) * 4096,
};

describe('a constant address leads to puts, wherever it is', () => {
  test('hash-dispatcher:constant: the entry at the hash of its name calls it', async () => {
    await expectCalled('hash-dispatcher:constant', ['call', entry, 0]);
  });

  test('dispatcher:jump: the dispatcher calls it by number, and the table tells the number', async () => {
    const [word] = await wordsOf('dispatcher:jump', numbersAt, 16);
    await expectCalled('dispatcher:jump', ['number', (word! - numbersAt) / 8, low + 16]);
  });
});

describe('a word at a constant address is the address of puts', () => {
  test('hash-dispatcher:constant: the word of its entry', async () => {
    expect(await wordsOf('hash-dispatcher:constant', wordsAt - (wordsAt % 4096), 1)).toEqual([wordsAt]);
  });

  test('dispatcher:jump: one of the table', async () => {
    expect(await wordsOf('dispatcher:jump', numbersAt, 16)).toHaveLength(1);
  });

  test('offset-table:window: a slot of the region', async () => {
    expect((await wordsOf('offset-table:window', low, 16)).length).toBeGreaterThan(0);
  });

  test.each(['look-up', 'look-up-literal'] as const)(
    'hash-address:%s: in the page at the hash of the name of libc',
    async (variant) => {
      expect(await wordsOf(`hash-address:${variant}`, lookUpPages[variant], 8)).toHaveLength(1);
    },
  );
});

test.each(['hash-dispatcher:movable', 'offset-table:mask', 'offset-table:segment', 'offset-table:global'])(
  '%s has nothing at any of these addresses',
  async (form) => {
    for (const start of [low, wordsAt - (wordsAt % 4096), ...Object.values(lookUpPages)])
      expect(await wordsOf(form, start, 4096)).toEqual([]);
  },
);

test('hash-dispatcher:constant with a base of its own has it there, and nothing where everybody looks', async () => {
  const base = 0x5123_4000;
  const { file } = await binder.bindChoice(program, {
    ...choiceOf('hash-dispatcher:constant'),
    bases: [base],
  });
  const moved = wordsAt - low + base;
  const where = async (start: number): Promise<readonly string[]> =>
    (await attack(file, ['words', start - (start % 4096), 4096])).lines;
  expect(await where(wordsAt)).toEqual([]);
  expect(await where(moved)).toEqual([`word ${moved.toString(16)}`]);
  expect((await attack(file, ['call', entry - low + base, 0])).lines).toEqual(['called']);
});
