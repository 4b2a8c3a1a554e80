/**
 * The dispatcher. That every call between modules enters it is judged by its own count (variant `count`), against a count of
 * another kind: the same program bound without any change of its calls (image:partitions) is executed instruction by
 * instruction from its handoff point to its exit, and each jump or call through a GOT slot (by readelf's relocations) that
 * lands in another module (by the places of the modules) counts. Neither knows of stubs, numbers or call sites.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { counterAddress } from '../../src/systems/dispatcher/dispatcher-calls.ts';
import { Binder, syntheticSet } from './bound-set.ts';
import { compile } from './compile.ts';
import { atExit } from './smaps.ts';
import { stepCalls } from './stepped-calls.ts';

const binder = new Binder();
afterAll(() => {
  binder.remove();
});

describe('the counter has as many calls as a stepped process makes', () => {
  test.each([
    ['through PLT slots', true],
    ['through GOT slots', false],
  ])('%s', async (_, plt) => {
    const size = { modules: 5, functions: 6, imports: 20, shape: 'tree', references: ['calls'] } as const;
    const { executable } = await syntheticSet({ ...size, plt });
    const counted = await atExit(await binder.bind(executable, 'dispatcher:count'), (tracee) =>
      Number(tracee.readWord(counterAddress)),
    );
    const { calls, instructions } = stepCalls(await binder.bind(executable, 'image:partitions'));
    expect(instructions).toBeGreaterThan(1000);
    // The two modules that use others import 20 times each.
    expect(calls).toBeGreaterThan(40);
    expect(counted).toBe(calls);
  });

  const styles = ['-fplt', '-fno-plt'];
  test.each(styles)('of jumps, calls back and calls through pointers, %s', async (style) => {
    const folder = `${binder.folder}/jumps${style}`;
    const library = compile(folder, {
      name: 'libjumps.so',
      flags: ['-O2', style],
      source: `
        int in_main(int x);
        int tail(int x) { return in_main(x + 1); }
        int maybe(int x) { return x > 3 ? in_main(x) : 0; }
        int own(int x) { return tail(x) + maybe(x); }`,
    });
    const program = compile(folder, {
      name: 'jumps',
      flags: ['-O2', style, '-rdynamic', '-fno-builtin'],
      uses: [library],
      source: `
        #include <stdio.h>
        #include <string.h>
        int tail(int), maybe(int), own(int);
        int in_main(int x) { return 2 * x; }
        int main(int argc, char **argv) {
          int (*volatile pointer)(int) = tail;
          char text[9];
          int sum = 0;
          for (int i = 0; i < 7; i++) sum += tail(i) + maybe(i) + own(i) + pointer(i);
          strcpy(text, "12345");
          printf("%d %zu\\n", sum, strlen(text));
          return 0;
        }`,
    });
    const counted = await atExit(await binder.bind(program, 'dispatcher:count'), (tracee) =>
      Number(tracee.readWord(counterAddress)),
    );
    expect(counted).toBe(stepCalls(await binder.bind(program, 'image:partitions')).calls);
  });
});
