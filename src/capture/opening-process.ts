/**
 * A process of a program that stands at its handoff point, in which modules are opened: glibc's dlopen is called there for each of
 * them. Everything is mapped and relocated by ld.so itself, and no constructor runs, neither theirs nor one of the program's own
 * modules, which ld.so would run first.
 *
 * ld.so calls an empty function, for debuggers, when its list of modules is whole again. That is before it calls the first
 * constructor (and before glibc 2.41 also before it relocates). There the constructors of what is new are held back.
 */
import { lentCode } from '../machine/instructions.ts';
import { registerFor } from '../machine/registers.ts';
import type { Program } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { awaitStop, isLast, signalOf } from './await-stop.ts';
import type { FunctionCall } from './call-function.ts';
import { enterFunction, hasReturned, placeWithoutCode } from './call-function.ts';
import { killDescendants } from './descendants.ts';
import type { HeldWord } from './hold-constructors.ts';
import { giveBack, holdConstructors } from './hold-constructors.ts';
import { findInVdso } from './inject-syscall.ts';
import type { LinkMap } from './link-maps.ts';
import { findDebugState, readDebugState, readLinkMaps } from './link-maps.ts';
import type { Tracee } from './ptrace.ts';
import { startAtHandoff } from './start-at-handoff.ts';
import type { StopPoint } from './stop-point.ts';
import { stopAt } from './stop-point.ts';

/** A call did not return, and the process is of no use any more. The message says why. */
export class ProcessLost extends Error {}

export class OpeningProcess {
  readonly tracee: Tracee;
  /** The program's own modules, and the vdso. */
  readonly own: readonly LinkMap[];
  readonly #limitMs: number;
  /** Of struct r_debug. */
  readonly #debug: Address;
  /** Of the function for debuggers. */
  readonly #notice: Address;
  /** Of an instruction that returns. */
  readonly #idle: Address;
  readonly #returnTo: Address;
  /** By the address of the module's link map. */
  #held = new Map<Address, readonly HeldWord[]>();
  #point: StopPoint;

  /** Throws Refusal where the linker is not as it is known, LinkonceError where it does not come to an end. */
  constructor(program: Program, limitMs: number) {
    const started = startAtHandoff(program, limitMs);
    this.tracee = started.tracee;
    this.#limitMs = limitMs;
    try {
      this.#debug = findDebugState(program.interpreter, started.linker);
      this.#notice = readDebugState(this.tracee, this.#debug).notice;
      this.#idle = findInVdso(this.tracee, lentCode.return);
      this.#returnTo = placeWithoutCode(this.tracee, program.executable, started.executable);
      this.own = this.#maps();
      this.#holdBack();
      this.#point = stopAt(this.tracee, this.#notice);
    } catch (error) {
      this.tracee.end();
      throw error;
    }
  }

  /**
   * Calls a function of ld.so or of libc; answers its result, an address or a number below 2^53. Throws ProcessLost, and Refusal
   * where ld.so has opened a module unseen, whose constructors then ran.
   */
  call(function_: Address, ...args: readonly (string | number)[]): number {
    const saved = this.tracee.registers();
    const call = { function: function_, arguments: args, returnTo: this.#returnTo };
    enterFunction(this.tracee, call);
    this.#follow(call);
    const result = this.tracee.registers().number(registerFor.result);
    this.tracee.setRegisters(saved);
    if (this.#maps().some(({ at }) => !this.#held.has(at)))
      throw new Refusal('its dynamic linker does not tell debuggers of the modules that it opens');
    return result;
  }

  /** What was opened, in the order of the list. Its memory is as ld.so left it; afterwards nothing may be called any more. */
  finish(): LinkMap[] {
    for (const words of this.#held.values()) giveBack(this.tracee, words);
    const own = new Set(this.own.map(({ at }) => at));
    return this.#maps().filter(({ at }) => !own.has(at));
  }

  end(): void {
    killDescendants(this.tracee.pid);
    this.tracee.end();
  }

  #maps(): LinkMap[] {
    return readLinkMaps(this.tracee, readDebugState(this.tracee, this.#debug).first);
  }

  /** Lets the call run until it returns. */
  #follow(call: FunctionCall): void {
    const deadline = performance.now() + this.#limitMs;
    let signal = 0;
    for (;;) {
      this.tracee.release(signal);
      const stop = awaitStop(this.tracee, deadline);
      if (stop === undefined) throw new ProcessLost(`opening it takes longer than ${this.#limitMs / 1000} s`);
      if (hasReturned(this.tracee, call, stop)) return;
      if (isLast(stop))
        throw new ProcessLost(`opening it ends the process${signal === 0 ? '' : ` by signal ${signal}`}`);
      const isNotice = this.#point.meet(stop).kind === 'point';
      if (isNotice) this.#takeNotice();
      signal = isNotice ? 0 : signalOf(stop);
    }
  }

  /** The process stands at the first instruction of the function for debuggers. */
  #takeNotice(): void {
    if (readDebugState(this.tracee, this.#debug).isConsistent) this.#holdBack();
    stepFrom(this.tracee, this.#notice);
    this.#point = stopAt(this.tracee, this.#notice);
  }

  /** What was closed again is forgotten: another module may come to be there. */
  #holdBack(): void {
    const hold = (map: LinkMap): readonly HeldWord[] =>
      this.#held.get(map.at) ?? holdConstructors(this.tracee, map, this.#idle);
    this.#held = new Map(this.#maps().map((map) => [map.at, hold(map)]));
  }
}

/** Executes the instruction at an address. Signals that come meanwhile are for later. */
function stepFrom(tracee: Tracee, address: Address): void {
  const signals: number[] = [];
  while (tracee.registers().number(registerFor.counter) === address) {
    const stop = tracee.step();
    if (stop.kind === 'signal') signals.push(stop.signal);
    else if (stop.kind !== 'trap') throw new ProcessLost(`opening it ends the process`);
  }
  for (const signal of signals) tracee.signal(signal);
}
