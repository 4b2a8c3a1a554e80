/** Ends the processes that a measured program started, so that a measurement leaves nothing behind. */
import { readFileSync, readdirSync } from 'node:fs';

/**
 * Kills all children of a process and theirs. Only those that still have their parent are found: a daemon that
 * left its family on purpose lives on, as it would after an ordinary run. See proc(5), /proc/PID/task/TID/children.
 */
export function killDescendants(pid: number): void {
  for (const child of childrenOf(pid)) {
    killDescendants(child);
    try {
      process.kill(child, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1'));
    return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  } catch {
    return [];
  }
}
