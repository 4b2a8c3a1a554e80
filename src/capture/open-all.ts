/**
 * Opens modules one after the other in a process of the program, with RTLD_NOW. What is left may need names of a module that the
 * program opens with RTLD_GLOBAL before: it is tried again when all that are open are so. In the end those that name functions which
 * nobody has are opened with RTLD_LAZY: no other is bound lazily because one of these needs it.
 *
 * A module whose code never returns, or ends the process, costs the process; the others are opened in a new one.
 */
import type { Program } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import type { Openers } from './find-dlopen.ts';
import { findOpeners } from './find-dlopen.ts';
import { loadBiases } from './load-biases.ts';
import type { OpenedCapture } from './opened-capture.ts';
import { OpeningProcess, ProcessLost } from './opening-process.ts';
import { readText } from './read-text.ts';

export type Failed = OpenedCapture['failed'][number];

/** dlopen(3) */
const RTLD = { LAZY: 1, NOW: 2, NOLOAD: 4, GLOBAL: 0x100 } as const;

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
    const openers = findOpeners(program);
    for (;;) {
      const left = [...new Set(roots)].filter((root) => !lost.some(({ path }) => path === root));
      if (left.length === 0) return { seen: undefined, failed: lost };
      const opened = openEach({ program, openers, limitMs }, left, look);
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

/** The same for each process. */
interface Setup {
  readonly program: Program;
  readonly openers: Openers;
  readonly limitMs: number;
}

function openEach<T>(
  setup: Setup,
  roots: readonly string[],
  look: (process: OpeningProcess) => T,
): Attempt<T> {
  const process = new OpeningProcess(setup.program, setup.limitMs);
  try {
    const failed = openInTurns(roots, opener(setup, process));
    return { seen: look(process), failed };
  } catch (error) {
    if (error instanceof RootLost) return { seen: undefined, failed: [], lost: error.failed };
    throw error;
  } finally {
    process.end();
  }
}

/** Answers why not, in dlerror's words. */
type Open = (path: string, way: number) => string | undefined;

function openInTurns(roots: readonly string[], open: Open): readonly Failed[] {
  let failed = openThese(roots, open, RTLD.NOW);
  for (const way of [RTLD.NOW, RTLD.LAZY])
    for (let before = Infinity; failed.length > 0 && failed.length < before;) {
      before = failed.length;
      const left = failed.map(({ path }) => path);
      const opened = roots.filter((path) => !left.includes(path));
      openThese(opened, open, RTLD.LAZY | RTLD.NOLOAD | RTLD.GLOBAL);
      failed = openThese(left, open, way);
    }
  return failed;
}

function openThese(paths: readonly string[], open: Open, way: number): readonly Failed[] {
  return paths.flatMap((path) => {
    const reason = open(path, way);
    return reason === undefined ? [] : [{ path, reason }];
  });
}

class RootLost extends Error {
  readonly failed: Failed;
  constructor(failed: Failed) {
    super(failed.reason);
    this.failed = failed;
  }
}

/** Calls dlopen. Throws RootLost. */
function opener({ program, openers }: Setup, process: OpeningProcess): Open {
  const { module, dlopen, dlerror } = openers;
  const bias = present(loadBiases(program, process).get(module.path), `load bias of ${module.path}`);
  return (path, way) => {
    try {
      if (process.call(bias + dlopen, path, way) !== 0) return undefined;
      return errorText(process, bias + dlerror);
    } catch (error) {
      if (error instanceof ProcessLost) throw new RootLost({ path, reason: error.message });
      throw error;
    }
  };
}

function errorText(process: OpeningProcess, dlerror: Address): string {
  const text = process.call(dlerror);
  return text === 0 ? 'dlopen fails without a word' : readText(process.tracee, text);
}
