/**
 * Opens modules one after the other in a process of the program. One whose code never returns, or ends the process, costs the process;
 * the others are opened in a new one.
 */
import type { Program } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { findOpeners } from './find-dlopen.ts';
import { loadBiases } from './load-biases.ts';
import type { OpenedCapture } from './opened-capture.ts';
import { OpeningProcess, ProcessLost } from './opening-process.ts';
import { readText } from './read-text.ts';

export type Failed = OpenedCapture['failed'][number];

/** dlopen(3): RTLD_NOW, and RTLD_LAZY for modules that name functions which no one has. Both RTLD_LOCAL. */
const ways = [2, 1];

/**
 * `look` is called once at most, in a process in which all of `roots` are open but those that failed. Throws LinkonceError where the
 * program does not come to its handoff point.
 */
export function openAll<T>(
  program: Program,
  roots: readonly string[],
  limitMs: number,
  look: (process: OpeningProcess) => T,
): { readonly seen: T | undefined; readonly failed: readonly Failed[] } {
  const lost: Failed[] = [];
  try {
    for (;;) {
      const left = roots.filter((root) => !lost.some(({ path }) => path === root));
      if (left.length === 0) return { seen: undefined, failed: lost };
      const opened = openEach(program, left, limitMs, look);
      if (opened.lost === undefined) return { ...opened, failed: [...lost, ...opened.failed] };
      lost.push(opened.lost);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { seen: undefined, failed: roots.map((path) => ({ path, reason: error.message })) };
  }
}

interface Attempt<T> {
  readonly seen: T | undefined;
  readonly failed: readonly Failed[];
  /** The one that cost the process. */
  readonly lost?: Failed;
}

function openEach<T>(
  program: Program,
  roots: readonly string[],
  limitMs: number,
  look: (process: OpeningProcess) => T,
): Attempt<T> {
  const process = new OpeningProcess(program, limitMs);
  try {
    const failed: Failed[] = [];
    const open = opener(program, process);
    for (const path of roots) {
      const reason = open(path);
      if (reason instanceof ProcessLost)
        return { seen: undefined, failed: [], lost: { path, reason: reason.message } };
      if (reason !== undefined) failed.push({ path, reason });
    }
    return { seen: look(process), failed };
  } finally {
    process.end();
  }
}

/** Answers why a module could not be opened, in dlerror's words, or that it cost the process. */
function opener(
  program: Program,
  process: OpeningProcess,
): (root: string) => string | ProcessLost | undefined {
  const { module, dlopen, dlerror } = findOpeners(program);
  const bias = present(loadBiases(program, process).get(module.path), `load bias of ${module.path}`);
  return (root) => {
    try {
      if (ways.some((way) => process.call(bias + dlopen, root, way) !== 0)) return undefined;
      return errorText(process, bias + dlerror);
    } catch (error) {
      if (error instanceof ProcessLost) return error;
      throw error;
    }
  };
}

function errorText(process: OpeningProcess, dlerror: Address): string {
  const text = process.call(dlerror);
  return text === 0 ? 'dlopen fails without a word' : readText(process.tracee, text);
}
