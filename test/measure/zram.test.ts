/** Private pages in compressed swap: of processes of which every page is known, and that nothing of the swap is left however one ends. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { pageOut } from '../../src/measure/page-out.ts';
import { requireZram } from '../../src/measure/zram-swap.ts';
import { nativePart, packageRoot } from '../../src/util/native.ts';
import { patienceMs } from '../patience.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import { compileProgram } from './compile.ts';

const control = '/sys/class/zram-control/hot_add';

async function whyNoSwap(): Promise<string | undefined> {
  try {
    // Reading it makes a device.
    accessSync(control, constants.R_OK);
    await requireZram();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const whyNot = await whyNoSwap();

/** So many pages of one word over and over, of zeros, and of what cannot be compressed. */
const writer = compileProgram(
  'writer',
  `
  #include <stdint.h>
  #include <stdlib.h>
  #include <sys/mman.h>
  int main(int argc, char **argv) {
    long counts[3];
    for (int kind = 0; kind < 3; kind++) counts[kind] = atol(argv[kind + 1]);
    long words = (counts[0] + counts[1] + counts[2]) * 512;
    uint64_t *memory = mmap(0, words * 8 + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, words * 8 + 1, MADV_NOHUGEPAGE);
    uint64_t random = 88172645463325252u;
    for (long word = 0; word < words; word++) {
      random ^= random << 13; random ^= random >> 7; random ^= random << 17;
      long page = word / 512;
      memory[word] = page < counts[0] ? 0x6c696e6b6f6e6365 : page < counts[0] + counts[1] ? 0 : random;
    }
    return 0;
  }`,
);

async function measure(...pages: readonly [words: number, zeros: number, random: number]) {
  const command = { file: writer, argv: ['writer', ...pages.map(String)], environment: {} };
  const load = { command, program: writer, processes: 2 };
  return (await pageOut(load, { moment: 'exit', limitMs: patienceMs })).memory;
}

describe.skipIf(whyNot)(`private pages in compressed swap (${whyNot ?? 'here'})`, () => {
  it('tells pages of zeros, of one word, and such as cannot be compressed apart', async () => {
    const none = await measure(0, 0, 0);
    const [words, zeros, random] = [
      await measure(2000, 0, 0),
      await measure(0, 2000, 0),
      await measure(0, 0, 2000),
    ];
    for (const { pagedOutKb } of [words, zeros, random]) {
      // Some may wait for another processor.
      expect(pagedOutKb).toBeGreaterThan(7000);
      expect(pagedOutKb).toBeLessThan(8000 + none.pagedOutKb + 100);
    }
    expect(words.compressedKb).toBeLessThan(none.compressedKb + 100);
    expect(zeros.compressedKb).toBeLessThan(none.compressedKb + 100);
    expect(random.compressedKb).toBeGreaterThan(7000);
    expect(random.withGapsKb).toBeGreaterThanOrEqual(random.compressedKb);
    expect(random.readBackMs.median).toBeGreaterThan(0);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'leaves no swap behind when its caller ends by %s',
    async (signal) => {
      const script = `import { ZramSwap } from '${path.join(packageRoot(), 'dist/src/measure/zram-swap.js')}';
        import { readFileSync } from 'node:fs';
        await ZramSwap.use(async () => {
          process.stdout.write(readFileSync('/proc/swaps', 'utf8').trim().split('\\n').at(-1) + '\\n');
          await new Promise((done) => setTimeout(done, ${String(patienceMs)}));
        });`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      const device = /^\/dev\/(zram\d+) /.exec(line)?.[1] ?? '';
      expect(existsSync(`/sys/block/${device}`) && device !== '').toBe(true);
      child.kill(signal);
      // The swap's keeper sees the end of its input, and ends after that.
      await expect.poll(() => existsSync(`/sys/block/${device}`), { timeout: patienceMs }).toBe(false);
      expect(readFileSync('/proc/swaps', 'utf8')).not.toContain(`/dev/${device} `);
    },
  );

  it('answers on a line each, and leaves the device away at the end', () => {
    const { status, stdout, stderr } = spawnSync(nativePart('zram'), { input: 'state\n', encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^ready [\w-]+\n\d+ \d+ \d+\n$/);
  });
});

test.skipIf(whyNoStranger)('who may have no swap is told so in a line, before anything is measured', () => {
  const [file, args] = asStranger(path.join(packageRoot(), 'linkonce'), ['compare', '--zram', 'true']);
  const { status, stderr, stdout } = spawnSync(file, args, { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^linkonce: --zram: no compressed swap can be had here: [^\n]+\n$/);
});
