/**
 * How long the work that is being done will still take, by what its parts took so far: those of a step are alike. What comes
 * after the step is not foreseen, since nothing like it was done yet.
 */
import type { OnProgress } from '../pipeline.ts';

type Part = NonNullable<Parameters<OnProgress>[1]>;

/** Fewer parts say too little. */
const enoughParts = 2;

/** One of a command, told of each part as it begins. */
export class RemainingTime {
  #first: Part | undefined;
  #begunMs = 0;

  /** `about 12 s left`; undefined where that is not known. `nowMs` is any clock that goes on. */
  after(part: Part | undefined, nowMs: number): string | undefined {
    if (part === undefined) return undefined;
    if (this.#first?.of !== part.of || part.done < this.#first.done || part.done === 0)
      this.#begin(part, nowMs);
    const done = part.done - (this.#first?.done ?? 0);
    if (done < enoughParts) return undefined;
    return wording((((nowMs - this.#begunMs) / done) * (part.of - part.done)) / 1000);
  }

  #begin(part: Part, nowMs: number): void {
    this.#first = part;
    this.#begunMs = nowMs;
  }
}

function wording(seconds: number): string {
  if (seconds < 1) return 'about 1 s left';
  return seconds < 100 ? `about ${Math.round(seconds)} s left` : `about ${Math.round(seconds / 60)} min left`;
}
