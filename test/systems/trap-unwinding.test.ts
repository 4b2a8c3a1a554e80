/**
 * The handler that `dispatcher:trap` enters functions by is no function's callee, but a signal's: a stack that is taken there leads
 * over two frames of signals. At each of its instructions another signal comes, whose handler takes the stack.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Tracee, type Stop } from '../../src/capture/ptrace.ts';
import { stopAt } from '../../src/capture/stop-point.ts';
import { plannedActions } from '../../src/image/actions.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import type { BoundImage } from '../../src/pipeline.ts';
import { disassemble } from '../calls/disassemble.ts';
import { runToHandoff } from '../image/follow-loader.ts';
import { Binder } from './bound-set.ts';
import { compile } from './compile.ts';

const binder = new Binder();
const [sigill, sigusr1] = [4, 10];
/** 0: the one stack that was taken leads to main. */
const source = `
  #include <signal.h>
  #include <stdint.h>
  #include <unistd.h>
  #include <unwind.h>
  int main(void);
  static volatile int taken, whole;
  static _Unwind_Reason_Code frame(struct _Unwind_Context *context, void *unused) {
    if (_Unwind_GetRegionStart(context) == (uintptr_t)main) whole++;
    return _URC_NO_REASON;
  }
  static void take(int signal) { _Unwind_Backtrace(frame, 0); taken++; }
  int main(void) {
    signal(SIGUSR1, take);
    __asm__ volatile("int3");
    getppid();
    return taken == 1 && whole == 1 ? 0 : 1 + taken * 2 + whole;
  }`;

let image: BoundImage;
beforeAll(async () => {
  const flags = ['-fexceptions', '-rdynamic'];
  const program = compile(binder.folder, { name: 'taken', flags, uses: ['-lgcc_s'], source });
  image = await binder.bind(program, 'dispatcher:trap');
});
afterAll(() => {
  binder.remove();
});

/** Lets signals come, up to another stop. */
function pass(tracee: Tracee, stop: Stop): Stop {
  let next = stop;
  while (next.kind === 'signal' && next.signal === sigill) next = tracee.resume(sigill);
  return next;
}

/** The status of a process that gets a signal at an instruction, in its first call behind main's int3. */
function signalledAt(address: number, plan: ReturnType<typeof readPlan>): Stop {
  const tracee = Tracee.start({ file: image.file, argv: [image.file], environment: {}, quiet: true });
  try {
    runToHandoff(tracee, plan);
    expect(pass(tracee, tracee.resume())).toEqual({ kind: 'trap' });
    const point = stopAt(tracee, address);
    expect(point.meet(pass(tracee, tracee.resume()))).toEqual({ kind: 'point' });
    tracee.signal(sigusr1);
    expect(tracee.resume()).toEqual({ kind: 'signal', signal: sigusr1 });
    expect(pass(tracee, tracee.resume(sigusr1))).toEqual({ kind: 'exit' });
    return tracee.resume();
  } finally {
    tracee.end();
  }
}

/** Addresses of the instructions from an address to the first one of a kind. */
function instructions(plan: ReturnType<typeof readPlan>, start: number, last: string): number[] {
  const tracee = Tracee.start({ file: image.file, argv: [image.file], environment: {}, quiet: true });
  try {
    runToHandoff(tracee, plan);
    const lines = disassemble(tracee.read(start, 48), start);
    const end = lines.findIndex(({ text }) => text === last);
    return lines.slice(0, end + 1).map(({ address }) => address);
  } finally {
    tracee.end();
  }
}

test('at every instruction of handler and restorer', () => {
  const plan = readPlan(`${image.file}.image`);
  const { value: handler, second_argument: restorer } = plannedActions(plan, 'enterBySignal')[0]!;
  const addresses = [
    ...instructions(plan, Number(handler), 'ret'),
    ...instructions(plan, Number(restorer), 'syscall'),
  ];
  expect(addresses).toHaveLength(9);
  for (const address of addresses)
    expect({ address, ...signalledAt(address, plan) }).toEqual({
      address,
      kind: 'gone',
      status: 0,
      signal: 0,
    });
});
