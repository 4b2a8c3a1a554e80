/** A program with a library of its own, whose process waits for questions. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { debugging, type Place } from './place.ts';

const sources = path.join(packageRoot(), 'test', 'store');

/** `waiting` and `libwaiting.so` among the programs of a place. */
export function compileWaiting(place: Place): void {
  const library = place.program('libwaiting.so');
  const compile = (...args: readonly string[]) => execFileSync('cc', ['-O1', ...args], { stdio: 'pipe' });
  compile('-shared', '-fPIC', '-o', library, path.join(sources, 'libwaiting.c'));
  const origin = '-Wl,-rpath,$ORIGIN';
  compile('-o', place.program('waiting'), path.join(sources, 'waiting.c'), library, origin);
}

/** A process that answers lines, one at a time. */
export interface Waiting {
  readonly pid: number;
  ask(question: string): Promise<string>;
  end(): Promise<number | null>;
}

/** From the store; `started` gets the process. */
export async function startWaiting(place: Place, started: ChildProcess[]): Promise<Waiting> {
  const child = spawn(path.join(place.store, 'bin', 'waiting'), [], {
    env: debugging,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  return {
    pid: child.pid!,
    ask: (question) => {
      child.stdin.write(`${question}\n`);
      return next();
    },
    end: () =>
      new Promise((resolve) => {
        child.on('close', resolve);
        child.stdin.end();
      }),
  };
}
