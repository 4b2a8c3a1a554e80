/** The report of `linkonce store processes`, for a person. Times are the reader's own. */
import type { ChangedFile } from '../pages/changed-files.ts';
import type { ProcessesReport, StoreProcess } from '../pages/store-processes.ts';

export function describeProcesses({ processes, hidden }: ProcessesReport): string {
  const lines = [
    ...(processes.length > 0 ? processes.flatMap(describe) : ['no process of the store is out of date']),
    ...(hidden > 0 ? [`processes that this user may not look at: ${String(hidden)}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function describe({ pid, program, started, current, changed }: StoreProcess): string[] {
  const head = `${String(pid).padStart(7)}  ${program}, started ${timeText(started)}: ${stateOf(current, changed)}`;
  return [head, ...(changed ?? []).map((file) => `         ${describeFile(file)}`)];
}

function stateOf(current: boolean, changed: StoreProcess['changed']): string {
  if (changed === undefined) return 'bound by another version of linkonce';
  const generation = current ? 'of the current generation' : 'of an older generation';
  return `${generation}, ${changed.length === 0 ? 'of the same files' : 'of files that changed:'}`;
}

function describeFile({ path, now, since }: ChangedFile): string {
  return `${path}: ${now}${since === undefined ? '' : ` since ${timeText(since)}`}`;
}

const timeText = (time: Date): string => time.toLocaleString('sv-SE');
