/** What systems are known to refuse, and in which words; and what they are meant to show otherwise. */

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

const mergedRanges = {
  programs: /^protections/,
  reason: 'the variant makes read-only data executable, and this program prints the protections',
};
/** By the form without its mode: programs that print what the variant changes on purpose. */
const otherwise: Readonly<Record<string, { readonly programs: RegExp; readonly reason: string }>> = {
  'image:merged': mergedRanges,
  'image:partitions': mergedRanges,
};

/** Why a program's output differs under a form by design; undefined where it must be the same. */
export function differenceByDesign(form: string, program: string): string | undefined {
  const known = otherwise[form.replace(' as interpreter', '')];
  return known?.programs.test(program) === true ? known.reason : undefined;
}
