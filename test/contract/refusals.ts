/** What systems are known to refuse, and in which words. */
import type { System } from '../../src/systems/system.ts';
import type { TestProgram } from '../programs/build.ts';

const known: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {};

/** What the refusal of a program must say; undefined where the system must serve it. */
export function expectedRefusal(system: System, program: TestProgram): RegExp | undefined {
  return known[system.id]?.[program.name];
}
