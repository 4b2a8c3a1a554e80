/** What the followed programs of a run noted (native/watcher.c), and which of them a script was for. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { Variables } from '../program/environment.ts';
import { isShell } from '../program/script.ts';

/** A program that a process executed. */
export interface FollowedStart {
  readonly process: number;
  readonly parent: number;
  readonly file: string;
  /** The path by which it was executed: a script's own, where that was executed. */
  readonly invocation: string;
  readonly variables: Variables;
  /** Processor time in microseconds; of a process that was ended, as far as it was seen. */
  readonly time: number;
}

/** `timeOf`: of a process that did not say it itself. */
export function readStarts(notes: string, timeOf: (process: number) => number): FollowedStart[] {
  const all = notes.split('\0').slice(0, -1).map(readNote);
  const starts = all.flatMap((note, index) => (note.kind === 'P' ? [{ ...note, index }] : []));
  return starts.map(({ process, text, index }) => {
    const later = all.slice(index + 1).filter((each) => each.process === process);
    const next = later.findIndex(({ kind }) => kind === 'P');
    const own = next < 0 ? later : later.slice(0, next);
    const textOf = (kind: string): string | undefined => own.find((each) => each.kind === kind)?.text;
    const end = textOf('E');
    const [, parent = '', file = ''] = /^(\d+) (.*)$/s.exec(text) ?? [];
    return {
      ...{ process, parent: Number(parent), file, invocation: textOf('X') ?? file },
      variables: own.flatMap((each) => (each.kind === 'V' ? [each.text] : [])).sort(),
      time: end === undefined ? timeOf(process) : parseInt(end, 10),
    };
  });
}

interface Note {
  readonly kind: string;
  readonly process: number;
  readonly text: string;
}

function readNote(note: string): Note {
  const space = note.indexOf(' ');
  return { kind: note.charAt(0), process: Number(note.slice(1, space)), text: note.slice(space + 1) };
}

/** A program beside it that takes so much more time than one that waits for it is what that one is for (LibreOffice's oosplash). */
const waiting = 4;

/**
 * The program that the first process was for: the last one that it executed; where that is a shell, the child's that took the longest;
 * where it only waits for a child from its own folder, that child's. Undefined where only shells were seen.
 */
export function startedInTheEnd(starts: readonly FollowedStart[]): FollowedStart | undefined {
  const [first] = starts;
  return first && endOf(first.process, starts);
}

function endOf(process: number, starts: readonly FollowedStart[]): FollowedStart | undefined {
  const last = starts.findLast((each) => each.process === process);
  if (!last) return undefined;
  const children = childrenOf(last, starts);
  if (isShell(last.file)) return longest(children.filter(({ file }) => !isShell(file)));
  const isBeside = ({ file, time }: FollowedStart): boolean =>
    file !== last.file && path.dirname(file) === path.dirname(last.file) && time > waiting * last.time;
  return longest(children.filter(isBeside)) ?? last;
}

/** What the processes below that one became, as long as it had this program. */
function childrenOf(parent: FollowedStart, starts: readonly FollowedStart[]): FollowedStart[] {
  const later = starts.slice(starts.indexOf(parent) + 1);
  const numbers = new Set(
    later.filter((each) => each.parent === parent.process).map(({ process }) => process),
  );
  numbers.delete(parent.process);
  return [...numbers].flatMap((number) => endOf(number, later) ?? []);
}

function longest(starts: readonly FollowedStart[]): FollowedStart | undefined {
  return [...starts].sort((one, other) => other.time - one.time)[0];
}

/** The path that a person would type for it: links are kept, but not a script's. */
export function invocationOf({ file, invocation }: FollowedStart): string {
  try {
    return path.isAbsolute(invocation) && realpathSync(invocation) === file ? invocation : file;
  } catch {
    return file;
  }
}
