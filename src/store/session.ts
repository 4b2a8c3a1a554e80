/** What the steps of a rebuild hand to each other. */
import path from 'node:path';
import type { BindJob } from '../bind/bind-programs.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import type { Audience } from '../program/audience.ts';
import type { Variables } from '../program/environment.ts';
import type { Program } from '../program/program.ts';
import { freshName } from '../ranges/place-programs.ts';
import { arrangementWith } from '../systems/arrangement-with.ts';
import { findSystem } from '../systems/registry.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Catalogue, StoreSettings, UnpreparedModule } from './catalogue.ts';
import { names, shownPlaces } from './folder.ts';

/** A form of a program that shall be in the store. */
export interface Wish {
  readonly name: string;
  readonly invocation: string;
  readonly asInterpreter: boolean;
  readonly variables: Variables;
  /** Paths of modules that it opens with dlopen(3), with all that they need. */
  readonly opened: readonly string[];
}

/** What is bound again. */
export function wishOf({ name, invocation, asInterpreter, variables, opened }: Wish): Wish {
  return { name, invocation, asInterpreter, variables, opened };
}

/** Where the files of a program go, and whom they are for at most. */
export interface Destination {
  readonly store: string;
  readonly readers: Audience;
}

/** Hears what a command is at. */
export type OnProgress = (step: string) => void;

export interface Loaded {
  readonly wish: Wish;
  /** As in the wish. */
  readonly name: string;
  readonly program: Program;
  /** Of what the wish has it open, modules that cannot be read, and why. */
  readonly unread: readonly UnpreparedModule[];
}

/** Where programs of a store go, and what stands there already. */
export function shelfOf(
  store: string,
  { settings, space, stock }: Catalogue,
): Omit<BindJob<unknown>, 'place' | 'explain' | 'write'> {
  return {
    arrangement: arrangementOf(settings),
    ...{ space, stock, gap: settings.gap, readers: settings.readers, grows: true },
    newFile: (name) => path.join(store, names.files, freshName(name)),
    shown: shownPlaces(store),
  };
}

/** Throws LinkonceError where the system or its variant has nothing for a store to arrange, or not with such bases. */
export function arrangementOf({
  system,
  variant,
  bases,
}: Pick<StoreSettings, 'system' | 'variant' | 'bases'>): Arrangement {
  const found = findSystem(system)?.variants.find(({ id }) => id === variant);
  if (!found?.arrangement) throw new LinkonceError(`${system}:${variant} is no system of a store`);
  return arrangementWith(found, bases);
}
