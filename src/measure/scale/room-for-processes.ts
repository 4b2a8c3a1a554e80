/** Whether this machine has room for so many processes at once: found out before they are started, not by running out. */
import { readFileSync } from 'node:fs';
import type { ProcessMemory } from '../measurement.ts';

export interface Room {
  /** Descriptors that this process may open: each traced process takes one. */
  readonly descriptors: number;
  /** Processes that this user, and this machine, may have. */
  readonly processes: number;
  /** kB that can be had without swapping. */
  readonly memoryKb: number;
}

/** What linkonce itself, its servers and the other programs of the machine may take. */
const reserve = { descriptors: 200, processes: 1000, memoryPart: 0.2 };

/** From /proc/self/limits, /proc/sys/kernel/pid_max, /proc/meminfo and the control group: proc(5), cgroups(7). */
export function readRoom(): Room {
  const limits = readFileSync('/proc/self/limits', 'latin1');
  return {
    descriptors: limitOf(limits, 'Max open files'),
    processes: Math.min(
      limitOf(limits, 'Max processes'),
      Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1')),
      groupLimit(),
    ),
    memoryKb: Number(/^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? 0),
  };
}

/** Why so many processes would not fit; undefined where they do. `one` is what a process takes, where that is known. */
export function lackOfRoom(
  count: number,
  one: Pick<ProcessMemory, 'privateKb' | 'pageTablesKb'> | undefined,
  room: Room,
): string | undefined {
  const descriptors = room.descriptors - reserve.descriptors;
  if (count > descriptors) return `descriptors for ${descriptors} processes only (ulimit -n)`;
  const processes = room.processes - reserve.processes;
  if (count > processes) return `room for ${processes} processes more only (ulimit -u, pid_max, pids.max)`;
  const neededKb = count * (one ? one.privateKb + one.pageTablesKb : 0);
  const [needed, there] = [neededKb, room.memoryKb].map((kb) => `${Math.round(kb / 1024)} MB`);
  return neededKb > room.memoryKb * (1 - reserve.memoryPart)
    ? `they would need ${needed!} of ${there!} of memory`
    : undefined;
}

/** The soft limit. */
function limitOf(limits: string, name: string): number {
  const value = new RegExp(`^${name} +(\\S+)`, 'm').exec(limits)?.[1] ?? '';
  return value === 'unlimited' ? Infinity : Number(value);
}

/** pids.max of the control group of this process; there is none in the root, or where version 1 is in use. */
function groupLimit(): number {
  try {
    const group = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'))?.[1] ?? '';
    const most = readFileSync(`/sys/fs/cgroup${group}/pids.max`, 'latin1').trim();
    return most === 'max' ? Infinity : Number(most);
  } catch {
    return Infinity;
  }
}
