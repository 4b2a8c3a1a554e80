/** Starts a program of glibc and runs it to its handoff point, at the kernel's addresses and without a look at what its linker does. */
import { linkerVariables } from '../program/environment.ts';
import type { Program } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { awaitStop, signalOf, isLast } from './await-stop.ts';
import { captureEnvironment } from './capture-environment.ts';
import type { InitialContext } from './context.ts';
import { AT, readContext } from './context.ts';
import { findHandoff } from './handoff.ts';
import { moduleSpan } from './module-span.ts';
import { Tracee } from './ptrace.ts';
import { stopAt } from './stop-point.ts';

/** A process that is stopped. */
export interface Started {
  readonly tracee: Tracee;
  /** Load biases of what the kernel mapped. */
  readonly executable: Address;
  readonly linker: Address;
}

/** Throws LinkonceError where it does not get there within `limitMs`. */
export function startAtHandoff(program: Program, limitMs: number): Started {
  const { invocation, executable, interpreter } = program;
  const environment = captureEnvironment(program);
  const tracee = Tracee.start({ file: invocation, argv: [invocation], environment, quiet: true });
  try {
    const context = readContext(tracee, linkerVariables(environment));
    const linker = auxiliary(context, AT.base) - moduleSpan(interpreter).start;
    const entry = auxiliary(context, AT.entry);
    runToHandoff(program, tracee, linker, performance.now() + limitMs);
    return { tracee, executable: entry - executable.elf.header.entry, linker };
  } catch (error) {
    tracee.end();
    throw error;
  }
}

function auxiliary(context: InitialContext, type: number): Address {
  return Number(present(context.auxiliary.get(type), `entry ${type} of the auxiliary vector`));
}

function runToHandoff(program: Program, tracee: Tracee, linkerBias: Address, deadline: number): void {
  const point = stopAt(tracee, linkerBias + findHandoff(program).address);
  tracee.release();
  for (;;) {
    const stop = awaitStop(tracee, deadline);
    if (stop !== undefined && point.meet(stop).kind === 'point') return;
    if (stop === undefined || isLast(stop))
      throw new LinkonceError(`${program.invocation}: its dynamic linker does not come to an end`);
    tracee.release(signalOf(stop));
  }
}
