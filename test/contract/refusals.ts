/** What systems are known to refuse, and in which words; and what they are meant to show otherwise. */
import type { System } from '../../src/systems/system.ts';
import { variantOf } from '../../src/systems/build-variant.ts';

/** Whole forms, by name: no program runs so. */
const forms: Readonly<Record<string, RegExp>> = {
  'got-plt:lazy as interpreter': /needs no interpreter/,
  'got-plt:now as interpreter': /needs no interpreter/,
};

/** Programs, by system and name. */
const programs: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {};

/** What the refusal of a form must say; undefined where it must serve. */
export function refusalOfForm(form: string): RegExp | undefined {
  return forms[form];
}

/** What the refusal of a program must say; undefined where the system must serve it. */
export function refusalOfProgram(system: string, program: string): RegExp | undefined {
  return programs[system]?.[program];
}

/** Programs that print what a variant changes on purpose, and the reason. */
const mergedRanges = {
  programs: 'protections',
  reason: 'the variant makes read-only data executable, and this program prints the protections',
};

function isMerged({ system, variant }: FormChoice): boolean {
  return variantOf(system, variant).arrangement?.protections === 'merged';
}

interface FormChoice {
  readonly system: System;
  readonly variant: string;
}

/** Why a program's output differs under a form by design; undefined where it must be the same. */
export function differenceByDesign(form: FormChoice, program: string): string | undefined {
  return isMerged(form) && program.startsWith(mergedRanges.programs) ? mergedRanges.reason : undefined;
}
