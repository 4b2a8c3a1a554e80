/** What `explainPages` finds: for each mapping of a running process which pages are its own, and why. */
import type { Address, FileOffset } from '../util/units.ts';

/**
 * Why a page is the process's own. `unchanged`: it was written, and holds what the file holds. `unreadable`: it, or
 * the file that it came from, could not be read.
 */
export const reasons = [
  'linker',
  'linker and program',
  'process words',
  'process words and program',
  'program',
  'unchanged',
  'unreadable',
] as const;
/** One of {@link reasons}. */
export type Reason = (typeof reasons)[number];

/**
 * What a mapping is: a module's file, the part of its memory behind the file's bytes (`bss`), an image of linkonce, that
 * image's zero memory (`image bss`), what it holds of a prepared module, another file, or memory without a file.
 */
export type Area =
  | 'module'
  | 'bss'
  | 'image'
  | 'image bss'
  | 'prepared'
  | 'file'
  | 'heap'
  | 'stack'
  | 'thread stack'
  | 'thread stack (guessed)'
  | 'named'
  | 'anonymous';

/** Words that differ from the file, by what they are: the columns of docs/formats/pages.md. */
export type WordCounts = Readonly<Record<string, number>>;

/** Pages of one mapping that are private for the same reason, and in an image of the same module. */
export interface PrivatePages {
  readonly reason: Reason;
  readonly pages: number;
  readonly words: WordCounts;
  /** Of an image's pages, and prepared ones: the module whose memory they are; absent elsewhere. */
  readonly module?: string;
}

/** One line of /proc/PID/maps; counts are pages. */
export interface MappingPages {
  readonly start: Address;
  readonly end: Address;
  /** As in maps: `rw-p`. */
  readonly protection: string;
  readonly area: Area;
  /** The file or the kernel's name for it; for `bss` the module's file. Empty for memory without a name. */
  readonly name: string;
  readonly offset: FileOffset;
  /** In memory now. */
  readonly present: number;
  /** Of this process alone, in memory or swapped out. */
  readonly private: number;
  /** Of `private`: swapped out. */
  readonly swapped: number;
  readonly why: readonly PrivatePages[];
}

/** Private pages of all mappings with one reason and area. */
export interface Total {
  readonly reason: Reason;
  readonly area: Area;
  readonly pages: number;
  readonly kb: number;
}

/** A module that a process of an image has opened with dlopen(3). */
export interface OpenedPages {
  /** By which the linker opened it. */
  readonly name: string;
  /** Absent where its mappings are not to be seen. */
  readonly start?: Address;
  readonly end?: Address;
  readonly prepared: boolean;
  /** Why it is not prepared, as far as that can be seen; absent where it is. */
  readonly reason?: string;
  /** Private pages between `start` and `end`. */
  readonly private: number;
}

/** Of the format. */
export const pagesVersion = 2;

/** What `explainPages` found in one process. */
export interface PagesReport {
  readonly format: 'linkonce-pages';
  readonly version: typeof pagesVersion;
  readonly pid: number;
  /** What /proc/PID/exe points to. */
  readonly program: string;
  readonly mappings: readonly MappingPages[];
  /** Of an image's process; of any other it is not known which modules it opened. */
  readonly opened: readonly OpenedPages[];
  readonly totals: readonly Total[];
  readonly privatePages: number;
  readonly privateKb: number;
}
