/**
 * Programs that execute themselves again, by /proc/self/exe or by the path that it shows: from a launcher they get the program, through
 * ld.so, and `bind` says what that costs; of a copy in the program's folder all processes run from the image.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { workshop } from '../program/workshop.ts';
import { runProgram } from '../run-program.ts';
import { linkonce } from './linkonce.ts';

const shop = workshop();
const at = (...names: readonly string[]) => path.join(shop.directory, ...names);
const env = { ...process.env, LINKONCE_DEBUG: '1' };

/** Each process says where it has its memory from, and in which folder it finds itself; two children follow, one by one. */
const source = `
  #include <stdio.h>
  #include <stdlib.h>
  #include <string.h>
  #include <sys/wait.h>
  #include <unistd.h>
  static int where; int *pointer = &where;
  int main(int argc, char **argv) {
    char line[4096], link[4096] = { 0 }; int images = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps)) images += strstr(line, ".image") != 0;
    readlink("/proc/self/exe", link, sizeof link - 1);
    printf("%s %.*s\\n", images ? "image" : "linker", (int)(strrchr(link, '/') - link), link);
    fflush(stdout);
    int left = argc > 2 ? atoi(argv[2]) : 0;
    if (!left) return 0;
    char rest[8]; snprintf(rest, sizeof rest, "%d", left - 1);
    if (fork() == 0) {
      execv(strcmp(argv[1], "link") ? link : "/proc/self/exe", (char *[]){ argv[0], argv[1], rest, 0 });
      _exit(1);
    }
    wait(0);
    return 0;
  }`;
const ways = ['link', 'path'] as const;
const program = () => at('program');

beforeAll(() => {
  shop.program('program', source);
  chmodSync(shop.directory, 0o755);
});

async function bind(output: string, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await linkonce(['bind', '-o', output, ...args, program()]);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

const lines = (count: number, text: string): string => `${text}\n`.repeat(count);

describe.each(ways)('by its %s', (way) => {
  test('a launcher’s children are the program’s own, and this is said', async () => {
    const said = await bind(at('launcher'), '--learn', `${way} 2`);
    const [, kb = ''] =
      /it executed itself 2 times: such processes run through ld\.so, each with (\d+) kB of its own that the image shares; of a copy beside it all run from the image: /.exec(
        said,
      ) ?? [];
    expect(Number(kb)).toBeGreaterThan(8);
    expect(said).toContain(`bind --as-interpreter -o ${at('program-linkonce')}\n`);
    expect(await runProgram(at('launcher'), [way, '2'], { env })).toEqual({
      stdout: lines(1, `image ${shop.directory}`) + lines(2, `linker ${shop.directory}`),
      ...{ stderr: '', status: 0, signal: null },
    });
  });

  test('of a copy beside it all run from the image', async () => {
    const said = await bind(at('program-linkonce'), '--as-interpreter', '--learn', `${way} 2`);
    expect(said).not.toContain('it executed itself');
    const all = { stdout: lines(3, `image ${shop.directory}`), stderr: '', status: 0, signal: null };
    expect(await runProgram(at('program-linkonce'), [way, '2'], { env })).toEqual(all);
    // Handed over, all of it is: no process is of two minds.
    const other = await runProgram(at('program-linkonce'), [way, '2'], { env: { ...env, LD_BIND_NOW: '1' } });
    expect(other).toMatchObject({ stdout: lines(3, `linker ${shop.directory}`), status: 0 });
  });

  test('a store says the same', async () => {
    const store = ['--store', at(`store-${way}`)];
    const added = await linkonce(['store', 'add', ...store, '--learn', `${way} 1`, program()]);
    expect(added.stderr).toBe('');
    expect(added.stdout).toMatch(/^program: it executed itself once: such processes run through ld\.so, /m);
    const copies = await linkonce([
      'store',
      'add',
      ...store,
      '--as-interpreter',
      '--learn',
      `${way} 1`,
      program(),
    ]);
    expect(copies).toMatchObject({ stderr: '', status: 0 });
    expect(copies.stdout).not.toContain('it executed itself');
    const { stdout } = await runProgram(at(`store-${way}`, 'bin', 'program'), [way, '1'], { env });
    expect(stdout).toMatch(/^(image [^\n]+\n)\1$/);
  });
});

test('nothing is said of a program that executes no other, or another one', async () => {
  expect(await bind(at('quiet'), '--learn', '', '--learn', 'path 0')).not.toContain('executed itself');
});

const chromium = '/usr/lib/chromium/chromium';
test('chromium', async ({ skip }) => {
  skip(!existsSync(chromium), 'chromium is not installed');
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-chromium-'));
  try {
    mkdirSync(path.join(folder, 'data'));
    const args = `--headless --no-sandbox --disable-gpu --user-data-dir=${folder}/data --dump-dom about:blank`;
    const { stdout } = await linkonce([
      'bind',
      '-o',
      path.join(folder, 'launcher'),
      '--learn',
      args,
      chromium,
    ]);
    expect(stdout).toMatch(/it executed itself \d+ times: /);
    expect(stdout).toContain('bind --as-interpreter -o /usr/lib/chromium/chromium-linkonce\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
