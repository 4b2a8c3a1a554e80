/** What memory without a file is for: by the kernel's name, by the threads' stack pointers, else by a guess that says so. */
import { readdirSync, readFileSync } from 'node:fs';
import type { MapsLine } from '../capture/memory-map.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import type { Area } from './pages.ts';

/** glibc's and musl's guard below a thread's stack; a program may ask for another. */
const guardSize = 64 * 1024;
/** glibc's heaps of other threads begin at multiples of this, behind the reserved rest of the heap before. */
const arenaSize = 64 * 1024 * 1024;

/** The area of `line`; `below` is the line before it in maps. */
export function anonymousArea(
  line: MapsLine,
  below: MapsLine | undefined,
  stackPointers: readonly Address[],
): Area {
  if (line.name === '[heap]') return 'heap';
  if (line.name === '[stack]') return 'stack';
  if (line.name.startsWith('[stack:')) return 'thread stack';
  if (stackPointers.some((pointer) => pointer >= line.start && pointer < line.end)) return 'thread stack';
  if (line.name !== '') return 'named';
  return hasGuard(line, below) ? 'thread stack (guessed)' : 'anonymous';
}

function hasGuard(line: MapsLine, below: MapsLine | undefined): boolean {
  if (below?.end !== line.start || below.name !== '' || below.protection !== 0) return false;
  return line.protection === 3 && below.end - below.start <= guardSize && line.start % arenaSize !== 0;
}

/** Of each thread that waits in the kernel: proc(5), /proc/PID/task/TID/syscall. A running one has none to be seen. */
export function readStackPointers(pid: number): Address[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => stackPointer(pid, thread));
  } catch {
    return [];
  }
}

/** The last field but one; a running thread's line is the word `running`. */
function stackPointer(pid: number, thread: string): Address[] {
  try {
    const fields = readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'latin1').trim().split(' ');
    return fields.length < 3 ? [] : [parseInt(at(fields, fields.length - 2), 16)];
  } catch {
    return [];
  }
}
