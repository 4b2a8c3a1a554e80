/** From what a person typed to the forms of programs that shall be in a store. */
import path from 'node:path';
import type { ChoosingMeans, OpenedChoice } from '../capture/choose-opened.ts';
import type { Variables } from '../program/environment.ts';
import { linkerVariables } from '../program/environment.ts';
import { findProgram } from '../program/find-program.ts';
import { LinkonceError } from '../util/errors.ts';
import { attempt } from '../util/outcome.ts';
import type { Catalogue } from './catalogue.ts';
import { isBound, keyOf } from './catalogue.ts';
import { names } from './folder.ts';
import type { Wish } from './session.ts';
import { wishOf } from './session.ts';

/** Which programs a store shall have, and in which forms. */
export interface AddRequest {
  /** Names in PATH, or paths. */
  readonly typed: readonly string[];
  /** Copies of programs whose PT_INTERP is the loader; absent: launchers. */
  readonly asInterpreter?: boolean;
  /** One form, for these of the linker's variables; absent: one for none, and one for those that are set here. */
  readonly variables?: Variables;
  /** Which modules that they open are prepared, beside those of before; absent: none. */
  readonly opened?: OpenedChoice | undefined;
  /** Has the runs of programs that `opened` asks for; absent: nobody stops them before their end. */
  readonly guard?: ChoosingMeans['guard'];
}

/** With what a script sets. */
export interface Typed {
  readonly invocation: string;
  /** Of the linker, as starts have them; absent: as they are here. */
  readonly variables?: Variables;
}

/** A program that could not be bound, and why; the others were. */
export interface ProgramFailure {
  readonly name: string;
  readonly error: LinkonceError;
}

/** Paths of what was typed, each once; what is no program is a failure of its own. */
export function findTyped(
  store: string,
  typed: readonly string[],
): { readonly typed: readonly string[]; readonly unknown: readonly ProgramFailure[] } {
  const found = new Set<string>();
  const unknown: ProgramFailure[] = [];
  const search = searchPath(store);
  for (const name of typed) {
    const outcome = attempt(() => findProgram(name, search));
    if ('failure' in outcome) unknown.push({ name, error: outcome.failure });
    else found.add(outcome.value);
  }
  return { typed: [...found], unknown };
}

/** PATH without the store's own launchers, which stand first in it. */
function searchPath(store: string): string {
  const bin = path.join(store, names.bin);
  const folders = (process.env.PATH ?? '').split(':');
  return folders.filter((folder) => path.resolve(folder) !== bin).join(':');
}

function requireDistinct(typed: readonly Typed[]): void {
  const invocations = [...new Set(typed.map(({ invocation }) => invocation))];
  invocations.forEach((invocation, index) => {
    const name = path.basename(invocation);
    const other = invocations.slice(0, index).find((each) => path.basename(each) === name);
    if (other !== undefined) throw new LinkonceError(`${other} and ${invocation} have one name`);
  });
}

/**
 * A wish for each form. All forms of a program are launchers, or copies of it, so that others that it has are built
 * again where that changes. Throws LinkonceError where two programs, or one of the store's, have one name.
 */
export function toWishes(
  catalogue: Catalogue,
  typed: readonly Typed[],
  { asInterpreter = false, variables }: Pick<AddRequest, 'asInterpreter' | 'variables'>,
): Wish[] {
  requireDistinct(typed);
  const wishes = typed.flatMap(({ invocation, variables: here = linkerVariables(process.env) }) => {
    const name = path.basename(invocation);
    requireSameProgram(catalogue, name, invocation);
    return formsOf(catalogue, name, { given: variables, here }).map((form) => ({
      name,
      invocation,
      asInterpreter,
      variables: form,
      opened: openedBefore(catalogue, name, form),
    }));
  });
  const wished = new Set(wishes.map(keyOf));
  const added = new Set(wishes.map(({ name }) => name));
  const others = catalogue.programs.filter(
    (each) => added.has(each.name) && !wished.has(keyOf(each)) && each.asInterpreter !== asInterpreter,
  );
  return [...wishes, ...others.map((each) => ({ ...wishOf(each), asInterpreter }))];
}

/** What is known of this form; of a new one, what is known of another. */
function openedBefore({ programs }: Catalogue, name: string, variables: Variables): readonly string[] {
  const forms = programs.filter((each) => each.name === name);
  const form = forms.find((each) => keyOf(each) === keyOf({ name, variables })) ?? forms[0];
  return form?.opened ?? [];
}

/** Of variables that were given, only that form, where the program has its plain one. */
function formsOf(
  catalogue: Catalogue,
  name: string,
  { given, here }: { readonly given: Variables | undefined; readonly here: Variables },
): readonly Variables[] {
  const wanted = given ?? here;
  const isPlain = catalogue.programs.some(
    (each) => each.name === name && each.variables.length === 0 && isBound(each),
  );
  if (wanted.length === 0) return [[]];
  return given !== undefined && isPlain ? [wanted] : [[], wanted];
}

function requireSameProgram({ programs }: Catalogue, name: string, invocation: string): void {
  const other = programs.find((each) => each.name === name);
  if (other && other.invocation !== invocation)
    throw new LinkonceError(`${invocation}: the store has ${other.invocation} by this name`);
}

/** `git with MALLOC_ARENA_MAX=2`, or `git without variables of the linker`. */
export function formOf({ name, variables }: Wish): string {
  return `${name} ${variables.length === 0 ? 'without variables of the linker' : `with ${variables.join(' ')}`}:`;
}
