/**
 * The questions of `linkonce doctor`: what the commands need, and nothing else. What can be tried is tried, and the whole way of a
 * bind first of all (`self-test.ts`).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import os from 'node:os';
import type { Mechanism } from '../capture/stop-point.ts';
import { doesFire, mechanisms } from '../capture/stop-point.ts';
import { readFrames } from '../measure/page-frames.ts';
import { defaultStore, isStore } from '../store/folder.ts';
import { linkerVariables, nameOf, unbindableNames } from '../program/environment.ts';
import { LinkonceError } from '../util/errors.ts';
import { cacheFolder } from '../util/user-folder.ts';
import {
  addressSpaceLimit,
  canOpen,
  existingPart,
  hasCapability,
  isNoexec,
  isWritable,
  libcVersion,
  readText,
  statusField,
  tryExeLink,
} from './probes.ts';
import type { Answer, Finding } from './finding.ts';
import { askStoredPrograms } from './stored-programs.ts';
import type { Bind } from './self-test.ts';
import { testBind } from './self-test.ts';

/** What the questions cannot have from below. */
interface Means {
  readonly bind: Bind;
}

interface Check {
  readonly id: string;
  /** What it is needed for, and so what its want costs. */
  readonly purpose: string;
  readonly remedy: string;
  readonly required?: boolean;
  readonly ask: (means: Means) => Answer | Promise<Answer>;
}

/** Linux 4.18 has the youngest call that everything needs: rseq(2), after MAP_FIXED_NOREPLACE (4.17). */
const oldestKernel = [4, 18] as const;
const oldestGlibc = [2, 31] as const;

const checks: readonly Check[] = [
  {
    id: 'platform',
    purpose: 'everything',
    remedy: 'use a Linux machine with an x86-64 processor',
    required: true,
    ask: () =>
      yesIf(process.platform === 'linux' && process.arch === 'x64', `${process.platform} ${process.arch}`),
  },
  {
    id: 'kernel',
    purpose: 'everything',
    remedy: `use Linux ${oldestKernel.join('.')} or later`,
    required: true,
    ask: () => yesIf(isAtLeast(os.release(), oldestKernel), `Linux ${os.release()}`),
  },
  {
    id: 'libc',
    purpose: 'programs of glibc; those of musl need its own linker',
    remedy: `glibc ${oldestGlibc.join('.')} or later`,
    ask: askLibc,
  },
  {
    id: 'null',
    purpose: 'every bind: the captured program has it as its standard streams',
    remedy: 'mknod -m 666 /dev/null c 1 3; in a chroot or container: mount a /dev',
    required: true,
    ask: () => yesIf(canOpen('/dev/null', 'r+'), '/dev/null'),
  },
  {
    id: 'stop',
    purpose: 'every bind: stopping a traced program where its linker is done',
    remedy:
      'in a container: --cap-add=SYS_PTRACE, or a seccomp profile that permits ptrace; sysctl kernel.yama.ptrace_scope=1',
    required: true,
    ask: askStop,
  },
  {
    id: 'bind',
    purpose: 'the main job; without it programs run through the platform’s linker',
    remedy: 'mend what is missed above; where all is there, it is a bug of linkonce: report this line',
    required: true,
    ask: ({ bind }) => testBind(bind),
  },
  {
    id: 'environment',
    purpose: 'bind, launchers: with some variables set nothing is bound, and launchers hand over',
    remedy: 'unset them where programs are bound and started',
    ask: askEnvironment,
  },
  {
    id: 'limits',
    purpose: 'launchers: they hand over where the ranges of a program do not fit',
    remedy: 'ulimit -v unlimited',
    ask: askLimits,
  },
  {
    id: 'seccomp',
    purpose: 'launchers below a filter: they hand over where it refuses what they ask',
    remedy: 'permit the calls of docs/system-calls.md',
    ask: askFilter,
  },
  {
    id: 'users',
    purpose:
      'launchers of users that the user namespace does not know, root for one: their images are used only as the very files that the bind wrote',
    remedy:
      'where images were copied or restored: bind in here, into a store of your own (`store --store DIR`)',
    ask: askUsers,
  },
  {
    id: 'exe-link',
    purpose:
      'programs that read /proc/self/exe: without the right they run through the platform’s linker, or by `--as-interpreter`',
    remedy:
      'let users have user namespaces (sysctl user.max_user_namespaces); in a container: --cap-add=CHECKPOINT_RESTORE; else bind with --as-interpreter',
    ask: () => yesOr(tryExeLink(), 'prctl(PR_SET_MM) may change it, here or in a user namespace'),
  },
  {
    id: 'store',
    purpose:
      '`store`: its launchers are executed where they stand, and run from their images where nothing changed',
    remedy:
      'use another folder (`store --store DIR`); where launchers are not used, `store list` says why, `store update` binds again',
    ask: () => askStore(defaultStore()),
  },
  {
    id: 'cache',
    purpose: '`run`: without it each run starts the program itself, after Node',
    remedy: 'set XDG_CACHE_HOME to a folder of yours',
    ask: () => askFolder(cacheFolder()),
  },
  {
    id: 'fuse',
    purpose: 'the system rebase-page-in',
    remedy: 'modprobe fuse; for users also fusermount3 (Debian: apt install fuse3)',
    ask: askFuse,
  },
  {
    id: 'page-frames',
    purpose: '`compare`: which page frames processes share; without it that column is missing',
    remedy: 'run as root',
    ask: () => yesIf(readFrames([process.pid]) !== undefined, '/proc/PID/pagemap'),
  },
  {
    id: 'cc',
    purpose: '`scale` and `synthetic`: they compile what they measure',
    remedy: 'apt install gcc libc6-dev, or what your distribution has',
    ask: askCompiler,
  },
];

/** Asks everything. */
export async function askEverything(means: Means): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { id, purpose, remedy, required = false, ask } of checks)
    findings.push({ id, ...(await attempt(() => ask(means))), purpose, remedy, required });
  return findings.map((each) => ({ ...each, detail: each.detail.replace(pointer, '') }));
}

/** What other commands add to such a line. */
const pointer = ': see `linkonce doctor`';

/** A file of /proc that is missing, or a folder that cannot be written, is an answer. */
async function attempt(ask: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof LinkonceError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    return { answer: 'no', detail: (error as Error).message };
  }
}

function yesIf(condition: boolean, detail: string): Answer {
  return { answer: condition ? 'yes' : 'no', detail };
}

/** No, when the probe says why. */
function yesOr(failure: string | undefined, success: string): Answer {
  return { answer: failure === undefined ? 'yes' : 'no', detail: failure ?? success };
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map((part) => parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

function askLibc(): Answer {
  const musl = existsSync('/lib/ld-musl-x86_64.so.1') ? '; musl is there too' : '';
  const glibc = libcVersion();
  if (glibc === undefined) return { answer: musl === '' ? 'no' : 'limited', detail: `no glibc${musl}` };
  return yesIf(isAtLeast(glibc, oldestGlibc), `glibc ${glibc}${musl}`);
}

function askCompiler(): Answer {
  const { status, stdout } = spawnSync('cc', ['--version'], { encoding: 'utf8' });
  return status === 0 ? yesIf(true, stdout.split('\n', 1)[0] ?? '') : yesIf(false, 'no cc in PATH');
}

const mechanismNames: Readonly<Record<Mechanism, string>> = {
  'debug-register': 'debug registers',
  int3: 'int3 in its code',
};

/** Throws LinkonceError where nothing can be traced at all. */
function askStop(): Answer {
  const fire = mechanisms.filter(doesFire);
  if (fire.length === 0) return yesIf(false, 'neither debug registers nor int3 stop a traced program');
  return yesIf(
    true,
    `a traced program stops by ${fire.map((each) => mechanismNames[each]).join(', and by ')}`,
  );
}

function askEnvironment(): Answer {
  const variables = linkerVariables(process.env);
  const unbindable = unbindableNames(variables);
  if (unbindable.length > 0) return { answer: 'limited', detail: `set: ${unbindable.join(', ')}` };
  if (variables.length === 0) return yesIf(true, 'no variable of the dynamic linker or the C library is set');
  return yesIf(true, `programs are bound for what is set: ${variables.map(nameOf).join(', ')}`);
}

function askLimits(): Answer {
  const limit = addressSpaceLimit();
  if (limit === undefined) return yesIf(true, 'the address space is not limited');
  return { answer: 'limited', detail: `the address space is limited to ${String(limit >> 20n)} MiB` };
}

function askFilter(): Answer {
  const mode = statusField('Seccomp');
  if (mode === '0' || mode === undefined) return yesIf(true, 'no filter');
  return { answer: 'limited', detail: 'system calls are filtered; what that keeps from working shows above' };
}

/** A namespace that maps all users to themselves is the machine's own. */
function askUsers(): Answer {
  const map = readText('/proc/self/uid_map')?.trim().split(/\s+/).join(' ');
  if (map === undefined || map === '0 0 4294967295') return yesIf(true, 'the machine’s own users');
  return { answer: 'limited', detail: 'a user namespace' };
}

async function askStore(store: string): Promise<Answer> {
  const folder = askFolder(store);
  // A store that is another one's, or on a disk that became read-only, is used all the same.
  return isNoexec(store) || !isStore(store) ? folder : askStoredPrograms(store);
}

function askFolder(folder: string): Answer {
  if (isNoexec(folder)) return yesIf(false, `${folder}: its file system is mounted with noexec`);
  const there = existingPart(folder);
  return yesIf(isWritable(there), isWritable(there) ? folder : `${there} cannot be written to`);
}

function askFuse(): Answer {
  if (!canOpen('/dev/fuse', 'r+')) return yesIf(false, '/dev/fuse cannot be opened');
  if (hasCapability('SYS_ADMIN')) return yesIf(true, '/dev/fuse opens, mount is permitted');
  return isInPath('fusermount3')
    ? yesIf(true, '/dev/fuse opens, fusermount3 mounts')
    : { answer: 'limited', detail: '/dev/fuse opens, but nothing may mount: there is no fusermount3' };
}

function isInPath(name: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${name}`));
}
