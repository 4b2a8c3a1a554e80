/** Work that is not to be seen yet, one piece at a time when the browser has nothing else to do. */
const waiting = new Set<() => void>();

/** The name of the performance mark that says that nothing waits any more. */
const doneMark = 'linkonce-all-drawn';

/** Safari has no idle callbacks. */
const request: (callback: () => void) => void =
  'requestIdleCallback' in globalThis
    ? (callback) => requestIdleCallback(callback, { timeout: 500 })
    : (callback) => setTimeout(callback);

/** A task that waits already is not done twice. */
export function whenIdle(task: () => void): void {
  if (waiting.size === 0) request(runNext);
  waiting.add(task);
}

function runNext(): void {
  const [task] = waiting;
  if (task === undefined) return;
  task();
  waiting.delete(task);
  if (waiting.size > 0) request(runNext);
  else performance.mark(doneMark);
}

// Paper shows the whole page.
addEventListener('beforeprint', () => {
  for (const task of waiting) task();
  waiting.clear();
});
