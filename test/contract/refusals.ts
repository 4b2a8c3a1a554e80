/** What systems are known to refuse, and in which words. */

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
