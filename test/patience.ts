/**
 * How long tests wait for what must come, ms. Longer than the slowest machine takes: a limit is for what hangs, and says
 * nothing of speed.
 */
export const patienceMs = 600_000;
