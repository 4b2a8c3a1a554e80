/** What the steps of a rebuild hand to each other. */
import type { Arrangement } from '../ranges/arrangement.ts';
import type { Program } from '../program/program.ts';
import { findSystem } from '../systems/registry.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Catalogue, StoreSettings } from './catalogue.ts';

/** A program that shall be in the store. */
export interface Wish {
  readonly name: string;
  readonly invocation: string;
  readonly asInterpreter: boolean;
}

export type OnProgress = (step: string) => void;

export interface Loaded {
  readonly wish: Wish;
  readonly program: Program;
}

export interface Session {
  readonly store: string;
  readonly arrangement: Arrangement;
  /** Of the programs that are kept. */
  readonly base: Catalogue;
  readonly failures: { readonly wish: Wish; readonly error: LinkonceError }[];
  readonly onProgress: OnProgress;
}

/** Throws LinkonceError where the system or its variant has nothing for a store to arrange. */
export function arrangementOf({ system, variant }: Pick<StoreSettings, 'system' | 'variant'>): Arrangement {
  const arrangement = findSystem(system)?.arrangements[variant];
  if (!arrangement) throw new LinkonceError(`${system}:${variant} is no system of a store`);
  return arrangement;
}
