/**
 * Tells a person at a terminal what a long command is doing, and how long that will take: one line on the standard error
 * stream that is replaced as the work goes on and erased at its end. Work that ends within a second shows nothing, and neither
 * does a pipe.
 */
import type { OnProgress } from '../pipeline.ts';
import { colorsFor } from '../util/colors.ts';
import { printableLine } from '../util/printable.ts';
import { writeControl } from '../util/terminal.ts';
import { RemainingTime } from './remaining-time.ts';

const patienceMs = 1000;
const eraseLine = '\r\x1b[K';

/** Runs `work` and shows the steps that it reports. */
export async function withProgress<T>(work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work(() => undefined);
  const line = createLine();
  try {
    return await work(line.show);
  } finally {
    line.end();
  }
}

function createLine(): { show: OnProgress; end: () => void } {
  const colors = colorsFor(process.stderr);
  const begun = performance.now();
  const remaining = new RemainingTime();
  let text = '';
  const draw = (): void => {
    writeControl(process.stderr, `${eraseLine}${colors.dim(cut(printableLine(text)))}`);
  };
  const timer = setTimeout(draw, patienceMs);
  const isLate = (): boolean => performance.now() - begun >= patienceMs;
  return {
    show(step, part) {
      const left = remaining.after(part, performance.now());
      text = `${step} …${left === undefined ? '' : ` (${left})`}`;
      // The work may hold the thread so long that the timer never fires.
      if (isLate()) draw();
    },
    end() {
      clearTimeout(timer);
      if (isLate()) writeControl(process.stderr, eraseLine);
    },
  };
}

/** A line that wraps could not be erased. Some terminals do not know their width, and say 0. */
function cut(text: string): string {
  return text.slice(0, (process.stderr.columns || 80) - 1);
}
