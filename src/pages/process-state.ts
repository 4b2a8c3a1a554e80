/** Whether a process can be looked at. Each failure is one line that names the process. */
import { readFileSync, readlinkSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';
import { at } from '../util/present.ts';

/** PF_KTHREAD of linux/sched.h. */
const kernelThread = 0x200000;

/** What /proc/PID/exe points to. Throws LinkonceError where there is no such process, it has ended, or is the kernel's. */
export function programOf(pid: number): string {
  const { state, flags } = readState(pid);
  if ((flags & kernelThread) !== 0)
    throw new LinkonceError(`process ${pid}: a kernel thread, which has no memory of its own`);
  if (state === 'Z' || state === 'X') throw new LinkonceError(`process ${pid}: it has ended`);
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch (error) {
    throw refused(pid, error);
  }
}

/** Those of /proc/PID/stat behind the command's name, which may hold anything. */
function fieldsOf(pid: number): string[] {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return line.slice(line.lastIndexOf(')') + 2).split(' ');
}

/** proc_pid_stat(5) has it as 22nd, and the state as third. */
const startField = 22 - 3;

function readState(pid: number): { state: string; flags: number } {
  try {
    const fields = fieldsOf(pid);
    return { state: at(fields, 0), flags: Number(fields[6]) };
  } catch {
    throw new LinkonceError(`process ${pid}: there is no such process`);
  }
}

/** Of getconf CLK_TCK: every Linux shows times so (USER_HZ). */
const ticksPerSecond = 100;

/** When it was started. Throws the system's error where there is no such process. */
export function startOf(pid: number): Date {
  const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1];
  const ticks = Number(at(fieldsOf(pid), startField));
  return new Date((Number(boot) + ticks / ticksPerSecond) * 1000);
}

/** Makes one line of what the system refuses; anything else is thrown as it is. */
export function refused(pid: number, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM')
    return new LinkonceError(
      `process ${pid}: not permitted: it is another user's, or protected (see kernel.yama.ptrace_scope)`,
    );
  if (code === 'ENOENT' || code === 'ESRCH') return new LinkonceError(`process ${pid}: it has ended`);
  return error;
}
