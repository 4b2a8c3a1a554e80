/** What was found in one private page, and the reason that follows. */
import type { Reason } from './pages.ts';
import { tally } from '../util/tally.ts';

/** Who wrote a page, with the words that say so. */
export class PageVerdict {
  readonly words = new Map<string, number>();
  #linker = false;
  #process = false;
  #program = false;

  /** A word that the dynamic linker wrote. */
  linker(kind: 'relocated' | 'first call' | "linker's own"): void {
    this.#linker = true;
    this.#count(kind);
  }

  /** The linker or the kernel cleared the bytes behind the file's part of the segment. */
  cleared(): void {
    this.#linker = true;
  }

  /** A word that the loader wrote into this process; `source` is its name in the plan. */
  process(source: string): void {
    this.#process = true;
    this.#count(source);
  }

  program(): void {
    this.#program = true;
    this.#count('program');
  }

  get reason(): Reason {
    if (this.#process) return this.#program ? 'process words and program' : 'process words';
    if (this.#linker) return this.#program ? 'linker and program' : 'linker';
    return this.#program ? 'program' : 'unchanged';
  }

  #count(kind: string): void {
    tally(this.words, kind);
  }
}
