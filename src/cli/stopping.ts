/**
 * Ctrl-C in a long command: once, it ends the step that it is at and shows what there is; twice, it ends at once. Either way the
 * exit status is 130, as of a shell's command that SIGINT ended.
 */

const interrupted = 130;
const signals = ['SIGINT', 'SIGTERM'] as const;
/** Also when the terminal goes. */
const ends = [...signals, 'SIGHUP'] as const;

/** Runs `work`, which ends what it has begun when its signal is aborted; then this process ends. */
export async function withEnd<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const hear = (): void => {
    controller.abort();
  };
  for (const signal of ends) process.on(signal, hear);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of ends) process.off(signal, hear);
    if (controller.signal.aborted) process.exit(interrupted);
  }
}

/** Runs `work`, and aborts its signal when a person, or the system, wants it to stop. */
export async function withStop<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const hear = (): void => {
    if (controller.signal.aborted) process.exit(interrupted);
    process.exitCode = interrupted;
    process.stderr.write('linkonce: ends after this step, with what there is; once more ends it at once\n');
    controller.abort();
  };
  for (const signal of signals) process.on(signal, hear);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, hear);
  }
}
