/**
 * Walks the mappings of a running process, page by page. It may change its memory meanwhile: a page that is gone when it is
 * read is `unreadable`, and a mapping that has vanished has no pages. Nothing is traced or stopped.
 */
import { readMaps } from '../capture/memory-map.ts';
import type { RangePages } from '../capture/page-map.ts';
import { PageMap } from '../capture/page-map.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { FoundModule } from './opened-modules.ts';
import type { PageVerdict } from './page-verdict.ts';
import type { Reason } from './pages.ts';
import type { Part } from './part.ts';
import { partsOf } from './parts.ts';
import { ProcessMemory } from './process-memory.ts';
import { refused } from './process-state.ts';

/** A part of a process's memory, and its pages. */
export interface WalkedPart {
  readonly part: Part;
  readonly pages: RangePages;
  /** Why a private page is private; undefined for memory without a file, and where the page cannot be read. */
  readonly verdictOn: (address: Address) => PageVerdict | undefined;
}

export interface WalkedProcess<T> {
  /** What `visit` answered, part by part, ascending. */
  readonly parts: T[];
  readonly opened: readonly FoundModule[];
}

/** Throws LinkonceError where there is no such process, or it may not be looked at. */
export function walkProcess<T>(pid: number, visit: (walked: WalkedPart) => T): WalkedProcess<T> {
  try {
    return walk(pid, visit);
  } catch (error) {
    throw refused(pid, error);
  }
}

function walk<T>(pid: number, visit: (walked: WalkedPart) => T): WalkedProcess<T> {
  const memory = new ProcessMemory(pid);
  const pageMap = new PageMap(pid);
  try {
    const lines = readMaps(pid);
    // The files of /proc stay open when the process ends, and are empty then.
    if (lines.length === 0) throw new LinkonceError(`process ${pid}: it has ended`);
    const { parts, opened } = partsOf(pid, lines, memory);
    const visited = parts.map((part) =>
      visit({
        part,
        pages: pageMap.read(part.line.start, part.line.end),
        verdictOn: (address) => verdictOn(address, part, memory),
      }),
    );
    return { parts: visited, opened };
  } finally {
    pageMap.close();
    memory.close();
  }
}

function verdictOn(address: Address, { judge }: Part, memory: ProcessMemory): PageVerdict | undefined {
  const now = judge && memory.read(address, pageSize);
  return now && judge(address, now);
}

/** The reason of a private page of the part. */
export function reasonOf({ judge }: Part, verdict: PageVerdict | undefined): Reason {
  return judge ? (verdict?.reason ?? 'unreadable') : 'program';
}

/** As in /proc/PID/maps: `rw-p`. */
export function protectionText({ protection, shared }: Part['line']): string {
  const letters = ['r', 'w', 'x'].map((letter, bit) => ((protection >> bit) & 1 ? letter : '-'));
  return `${letters.join('')}${shared ? 's' : 'p'}`;
}
