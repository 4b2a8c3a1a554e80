/**
 * The three captures of a program that provenance compares: as it starts, with all else different, with every slot bound.
 *
 * A capture (capture-once.ts) starts the program under ptrace, moves what the kernel placed, gives every range an address of ours,
 * records what the linker asks and registers, and reads its memory at the handoff point: everything is linked, and not one
 * instruction of the program was executed. The first process then runs on through the constructors of its modules to the program's
 * entry, which shows which pages every start writes to (record-start.ts). Modules that the program opens get a process of their own
(capture-opened.ts). How a process is stopped at an address depends on the
 * machine (stop-point.ts).
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Module, Program } from '../program/program.ts';
import type { Captures } from './capture.ts';
import { captureEnvironment } from './capture-environment.ts';
import { captureOpened } from './capture-opened.ts';
import type { OpenedCapture } from './opened-capture.ts';
import { isLazy } from './lazy-modules.ts';
import type { CaptureSetup } from './capture-once.ts';
import { LinkerEnded, captureOnce } from './capture-once.ts';
import { drawBase, packedPlacement, spreadPlacement } from './placement.ts';
import { noStackLimit, smallStackLimit } from './stack-limit.ts';

/**
 * Runs `program` three times up to its handoff point; once also through its modules' constructors, up to its entry. `order`
 * has all its modules by the addresses that they shall have, ascending. Throws LinkonceError or Refusal as `captureOnce`.
 */
export function captureProgram(
  program: Program,
  onProgress: (step: string) => void = () => undefined,
  order: readonly Module[] = program.modules,
): Captures {
  const base = drawBase();
  const usual = (): CaptureSetup => ({
    placement: packedPlacement(base, order),
    argv: [program.invocation],
    environment: captureEnvironment(program),
    stackLimit: noStackLimit(program),
  });
  onProgress('capturing: as it starts');
  const first = captureOnce(program, { ...usual(), recordStart: true });
  onProgress('capturing: elsewhere, with all else different');
  const second = captureOnce(program, different(program, order));
  onProgress('capturing: with every slot bound');
  const bound = captureBound(program, usual());
  return { program, first, second, ...bound, opened: captureWhatIsOpened(program, onProgress) };
}

function captureWhatIsOpened(
  program: Program,
  onProgress: (step: string) => void,
): OpenedCapture | undefined {
  if (program.libc !== 'glibc' || program.opened.length === 0) return undefined;
  onProgress('capturing: what it opens');
  return captureOpened(
    program,
    program.opened.map(({ path }) => path),
  );
}

/**
 * Other addresses, more arguments, a longer environment, another limit of the stack. The kernel gives another stack, break and vdso. How many arguments is
 * drawn, so that nothing that counts from one is taken for their number.
 */
function different(program: Program, order: readonly Module[]): CaptureSetup {
  return {
    placement: spreadPlacement(order),
    argv: [program.invocation, ...Array<string>(randomInt(100, 1000)).fill('second')],
    environment: {
      LINKONCE_FILLER: randomBytes(200).toString('hex'),
      ...captureEnvironment(program),
      LANG: 'C.UTF-8',
    },
    stackLimit: smallStackLimit(program),
  };
}

function captureBound(program: Program, setup: CaptureSetup): Pick<Captures, 'bound' | 'unbindable'> {
  if (!program.modules.some((module) => isLazy(program, module)))
    return { bound: undefined, unbindable: undefined };
  try {
    const eager = { ...setup, environment: { ...setup.environment, LD_BIND_NOW: '1' } };
    return { bound: captureOnce(program, eager), unbindable: undefined };
  } catch (error) {
    if (error instanceof LinkerEnded) return { bound: undefined, unbindable: error.words };
    throw error;
  }
}
