/**
 * A process that captures programs, so that several are captured at once (ptrace keeps one thread busy). It reads one order a
 * line from its standard input, and answers each with one line.
 */
import { createInterface } from 'node:readline';
import { captureProgram } from '../capture/capture-program.ts';
import { writeBytes } from '../image/assemble-file.ts';
import type { Variables } from '../program/environment.ts';
import { loadProgram } from '../program/load-program.ts';
import { cachedReader } from '../program/read-module.ts';
import { explainCaptures } from '../provenance/explain-captures.ts';
import { inOrder } from '../ranges/place-programs.ts';
import { LinkonceError, Refusal } from '../util/errors.ts';
import { writeAtomically } from '../util/write-atomically.ts';
import { encodeRecord } from './record.ts';

export interface CaptureOrder {
  readonly invocation: string;
  readonly variables: Variables;
  readonly opened: readonly string[];
  /** Paths of its movable modules by their addresses, ascending. */
  readonly modules: readonly string[];
  /** Where its record goes. */
  readonly output: string;
}

/** Of the modules that are kept. */
const mostBytes = 400_000_000;

export type CaptureAnswer = 'done' | { readonly refused: string } | { readonly failed: string };

/** Most programs share most of their modules with others. */
const read = cachedReader(mostBytes);

function capture({ invocation, variables, opened, modules, output }: CaptureOrder): CaptureAnswer {
  try {
    const program = loadProgram(invocation, { read, variables, opened });
    const captures = captureProgram(program, undefined, inOrder(program, modules));
    const record = encodeRecord(explainCaptures(captures));
    // Bytes of modules are in it, and nobody but the store's owner reads it.
    writeAtomically(output, 0o600, (file) => {
      writeBytes(file, record, 0);
    });
    return 'done';
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message };
    if (error instanceof LinkonceError) return { failed: error.message };
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(capture(JSON.parse(line) as CaptureOrder))}\n`);
