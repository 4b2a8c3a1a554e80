/** A store in a folder of its own, with copies of test programs that a test may change as it likes. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { verifyStore } from '../../src/store/verify.ts';
import { linkonce } from '../cli/linkonce.ts';
import { handedOver } from '../contract/workplace.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runProgram, type Outcome, type RunSettings } from '../run-program.ts';

export interface Place {
  readonly folder: string;
  readonly store: string;
  /** Path of a file below the folder of programs. */
  readonly program: (name: string) => string;
  /** `linkonce store COMMAND … --store STORE`. */
  command(name: string, ...args: readonly string[]): Promise<Outcome>;
  /** Starts a program of the store; it says why it hands over. */
  run(name: string, settings?: RunSettings): Promise<Outcome>;
  remove(): void;
}

/** What a launcher is started with: it says why it hands over. */
export const debugging = { ...environment, LINKONCE_DEBUG: '1' };

/** With copies of these test programs, all in one folder. */
export function createPlace(...names: readonly string[]): Place {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-store-'));
  const programs = path.join(folder, 'programs');
  mkdirSync(programs);
  for (const name of names) cpSync(path.dirname(testProgram(name).path), programs, { recursive: true });
  return placeAt(folder, path.join(folder, 'store'));
}

/** Another store for the programs of a folder. */
export function placeAt(folder: string, store: string): Place {
  return {
    folder,
    store,
    program: (name) => path.join(folder, 'programs', name),
    command: (name, ...args) => linkonce(['store', name, '--store', store, ...args]),
    run: (name, settings) => runProgram(path.join(store, 'bin', name), [], { env: debugging, ...settings }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The command went well; answers what it printed. */
export async function well(outcome: Promise<Outcome>): Promise<string> {
  const { stdout, stderr, status } = await outcome;
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

/** The command failed with one line; answers the line. */
export async function failure(outcome: Promise<Outcome>): Promise<string> {
  const { stderr, status } = await outcome;
  expect(stderr).toMatch(/^linkonce: [^\n]+\n$/);
  expect(status).toBe(1);
  return stderr;
}

/** The program ran from the store. */
export async function fromStore(outcome: Promise<Outcome>, stdout: string): Promise<void> {
  expect(await outcome).toEqual({ stdout, stderr: '', status: 0, signal: null });
}

/** The program ran through the platform's linker, and its launcher said so. */
export async function throughLinker(outcome: Promise<Outcome>, stdout: string): Promise<void> {
  const { stderr, ...rest } = await outcome;
  expect(rest).toEqual({ stdout, status: 0, signal: null });
  expect(stderr).toMatch(handedOver);
}

/** Nothing of the store is wrong, and no program of it is stale. */
export async function expectSound({ store }: Place): Promise<void> {
  const { faults, stale } = await verifyStore({ store, onProgress: () => undefined });
  expect({ faults, stale }).toEqual({ faults: [], stale: [] });
}

/** Names in the store's bin. */
export function inBin({ store }: Place): string[] {
  return readdirSync(path.join(store, 'bin')).sort();
}
