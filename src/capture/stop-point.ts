/**
 * Stops a tracee before the instruction at an address. There are two ways, and no machine is sure to have both:
 *
 * - A **debug register** (Intel SDM volume 3, 18.2): nothing is written. Some hypervisors accept it, and it never fires.
 * - **int3** (`int3.ts`): works wherever a debugger does.
 *
 * Which of them fires is tried, once, on a child. A single step is no third way: over an instruction that a hypervisor
 * emulates it may end one instruction late.
 */
import { breakpointRegisters as breakpoint, registerFor } from '../machine/registers.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import type { Address } from '../util/units.ts';
import { readEntry } from './auxiliary-entry.ts';
import { plantInt3 } from './int3.ts';
import type { Stop } from './ptrace.ts';
import { Tracee } from './ptrace.ts';

/** The tracee stands before the instruction, or has stopped for another reason. */
export type PointStop = Stop | { readonly kind: 'point' };

export interface StopPoint {
  /** Says what a stop of the tracee means. Once it is the point, that is gone. */
  meet(stop: Stop): PointStop;
}

/** The ways, the one that costs nothing first. */
export const mechanisms = ['debug-register', 'int3'] as const;
export type Mechanism = (typeof mechanisms)[number];

const makers: Readonly<Record<Mechanism, (tracee: Tracee, address: Address) => StopPoint>> = {
  'debug-register': stopByRegister,
  int3: stopByInt3,
};

let chosen: Mechanism | undefined;

/**
 * Arranges that the tracee stops before the instruction at `address`, which is mapped and not mapped anew before it gets
 * there; one point at a time. Throws LinkonceError where this machine has no way.
 */
export function stopAt(tracee: Tracee, address: Address): StopPoint {
  chosen ??= mechanisms.find(doesFire);
  if (chosen === undefined)
    throw new LinkonceError(
      'this machine cannot stop a traced program at an address: its debug registers do not fire, and code cannot be written to',
    );
  return makers[chosen](tracee, address);
}

/** Runs the tracee to the instruction at `address`, or to whatever stops it before. */
export function runTo(tracee: Tracee, address: Address): PointStop {
  return stopAt(tracee, address).meet(tracee.resume());
}

/** For tests: every later stop by this one, or again by what the machine can. */
export function chooseMechanism(mechanism: Mechanism | undefined): void {
  chosen = mechanism;
}

/** Tries a way on a child. Throws LinkonceError where none can be traced. */
export function doesFire(mechanism: Mechanism): boolean {
  const file = nativePart('starter');
  const tracee = Tracee.start({ file, argv: [file], environment: {}, quiet: true });
  try {
    const entry = readEntry(tracee.pid);
    const point = makers[mechanism](tracee, entry);
    return (
      point.meet(tracee.resume()).kind === 'point' && tracee.registers().number(registerFor.counter) === entry
    );
  } catch (error) {
    if (error instanceof LinkonceError) return false;
    throw error;
  } finally {
    tracee.end();
  }
}

function stopByRegister(tracee: Tracee, address: Address): StopPoint {
  if (
    !tracee.setDebugRegister(breakpoint.address, address) ||
    !tracee.setDebugRegister(breakpoint.control, breakpoint.on)
  )
    throw new LinkonceError('this machine gives ptrace no debug registers');
  return {
    meet(stop) {
      if (stop.kind !== 'trap' || tracee.registers().number(registerFor.counter) !== address) return stop;
      tracee.setDebugRegister(breakpoint.control, breakpoint.off);
      return { kind: 'point' };
    },
  };
}

function stopByInt3(tracee: Tracee, address: Address): StopPoint {
  const planted = plantInt3(tracee, address);
  return { meet: (stop) => (stop.kind === 'trap' && planted.takeBack() ? { kind: 'point' } : stop) };
}
