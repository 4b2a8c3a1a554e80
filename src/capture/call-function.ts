/**
 * Calls a function in a stopped tracee (System V ABI x86-64, 3.2). It returns to where no code is: the SIGSEGV at that very address
 * is the end of the call. So no stop point is needed for it, and the one that there may be is free for something else.
 */
import { PF, PT } from '../elf/constants.ts';
import { functionArguments, redZone, registerFor, stackAlignment } from '../machine/registers.ts';
import type { Module } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { roundDown } from '../util/units.ts';
import { readMaps } from './memory-map.ts';
import type { Registers, Stop, Tracee } from './ptrace.ts';

export interface FunctionCall {
  readonly function: Address;
  /** A text is handed over as the address of a copy on the stack. */
  readonly arguments: readonly (string | number)[];
  /** Memory without the right to be executed. */
  readonly returnTo: Address;
}

/** PROT_EXEC */
const executable = 4;
const segmentationFault = 11;

/** The tracee, let go on, executes the function. Whoever wants its registers back keeps them before. */
export function enterFunction(tracee: Tracee, call: FunctionCall): void {
  const registers = tracee.registers();
  call.arguments.forEach((argument, index) => {
    const value = typeof argument === 'string' ? pushText(tracee, registers, argument) : argument;
    registers.set(at(functionArguments, index, 'argument'), value);
  });
  const top = roundDown(registers.number(registerFor.stackPointer) - redZone, stackAlignment);
  tracee.writeWord(top - 8, BigInt(call.returnTo));
  registers.set(registerFor.stackPointer, top - 8);
  registers.set(registerFor.counter, call.function);
  // No restart of an interrupted system call: the tracee may be stopped after one.
  registers.set(registerFor.asked, -1);
  tracee.setRegisters(registers);
}

function pushText(tracee: Tracee, registers: Registers, text: string): Address {
  const bytes = Buffer.from(`${text}\0`);
  const address = registers.number(registerFor.stackPointer) - redZone - bytes.length;
  tracee.write(address, bytes);
  registers.set(registerFor.stackPointer, address);
  return address;
}

/** Whether a stop of the tracee is the end of the call; then the function's result is in its register. */
export function hasReturned(tracee: Tracee, { returnTo }: FunctionCall, stop: Stop): boolean {
  return (
    stop.kind === 'signal' &&
    stop.signal === segmentationFault &&
    tracee.registers().number(registerFor.counter) === returnTo
  );
}

/**
 * A place to return to in a module: what is called may ask in which module its caller is. Throws Refusal where all of the module may be
 * executed (personality(2), READ_IMPLIES_EXEC).
 */
export function placeWithoutCode(tracee: Tracee, module: Module, loadBias: Address): Address {
  const maps = readMaps(tracee.pid);
  const found = module.elf.segments
    .filter(({ type, flags }) => type === PT.LOAD && (flags & PF.X) === 0)
    .map(({ address }) => loadBias + address)
    .find((address) =>
      maps.some(
        ({ start, end, protection }) => address >= start && address < end && (protection & executable) === 0,
      ),
    );
  if (found === undefined) throw new Refusal(`${module.path}: all of its memory may be executed`);
  return found;
}
