/** The questions of `linkonce doctor`. Each is answered by trying, where trying does no harm. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import {
  canReadPageCounts,
  canOpen,
  hasCapability,
  libcVersion,
  readNumber,
  tryExeLink,
  tryPtrace,
  tryUserfaultfd,
} from './doctor-probes.ts';

export interface Finding {
  readonly id: string;
  readonly answer: 'yes' | 'limited' | 'no';
  /** What was found. */
  readonly detail: string;
  /** What linkonce needs it for. */
  readonly purpose: string;
  /** What a person can do; empty where nothing is to be done. */
  readonly remedy: string;
  /** Whether nothing can be bound without it. */
  readonly required: boolean;
}

type Answer = Pick<Finding, 'answer' | 'detail'>;

interface Check {
  readonly id: string;
  readonly purpose: string;
  readonly remedy: string;
  readonly required?: boolean;
  readonly ask: () => Answer;
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
    id: 'cc',
    purpose: 'building the loader, and the test programs',
    remedy: 'apt install gcc libc6-dev, or what your distribution has',
    ask: askCompiler,
  },
  {
    id: 'ptrace',
    purpose: 'capturing what the dynamic linker computed: every bind',
    remedy: 'in a container: --cap-add=SYS_PTRACE, or a seccomp profile that permits ptrace',
    required: true,
    ask: () => yesOr(tryPtrace(), 'a child was traced'),
  },
  {
    id: 'ptrace-scope',
    purpose: 'capturing',
    remedy: 'sysctl kernel.yama.ptrace_scope=1',
    ask: askPtraceScope,
  },
  {
    id: 'exe-link',
    purpose:
      'showing the original program in /proc/self/exe; else programs that read it need --as-interpreter',
    remedy: 'in a container: --cap-add=CHECKPOINT_RESTORE; else bind with --as-interpreter',
    ask: () => yesOr(tryExeLink(), 'prctl(PR_SET_MM) may change it'),
  },
  {
    id: 'fuse',
    purpose: 'the system rebase-page-in',
    remedy: 'modprobe fuse; for users also fusermount3 (Debian: apt install fuse3)',
    ask: askFuse,
  },
  {
    id: 'userfaultfd',
    purpose: 'filling pages when they are first read',
    remedy: 'sysctl vm.unprivileged_userfaultfd=1',
    ask: tryUserfaultfd,
  },
  {
    id: 'zram',
    purpose: 'compressed pages for what a process dirties',
    remedy: 'modprobe zram (a kernel with CONFIG_ZRAM)',
    ask: askZram,
  },
  {
    id: 'perf',
    purpose: 'counting instructions and cache misses',
    remedy: 'sysctl kernel.perf_event_paranoid=1',
    ask: askPerf,
  },
  {
    id: 'kpagecount',
    purpose: 'counting the physical pages of the whole machine',
    remedy: 'run as root',
    ask: () => yesIf(canReadPageCounts(), '/proc/kpagecount'),
  },
  {
    id: 'drop-caches',
    purpose: 'measuring cold starts',
    remedy: 'run as root, with /proc/sys writable',
    ask: () => yesIf(canOpen('/proc/sys/vm/drop_caches', 'a'), '/proc/sys/vm/drop_caches'),
  },
];

/** Asks everything. */
export function examineMachine(): readonly Finding[] {
  return checks.map(({ id, purpose, remedy, required = false, ask }) => ({
    id,
    ...ask(),
    purpose,
    remedy,
    required,
  }));
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

/** Yama: 0 all, 1 descendants only (which captured programs are), 2 with CAP_SYS_PTRACE, 3 none. */
function askPtraceScope(): Answer {
  const scope = readNumber('/proc/sys/kernel/yama/ptrace_scope');
  if (scope === undefined) return yesIf(true, 'no Yama in this kernel');
  const detail = `kernel.yama.ptrace_scope=${scope}`;
  return yesIf(scope < 2 || (scope === 2 && hasCapability('SYS_PTRACE')), detail);
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

function askZram(): Answer {
  const devices = readdirSync('/sys/class/block').filter((name) => name.startsWith('zram'));
  if (devices.length > 0) return yesIf(true, `/dev/${devices.join(', /dev/')}`);
  const isLoadable = spawnSync('modprobe', ['--dry-run', '--quiet', 'zram']).status === 0;
  return {
    answer: isLoadable ? 'limited' : 'no',
    detail: isLoadable ? 'a module that is not loaded' : 'no device',
  };
}

/** kernel.perf_event_paranoid: up to 1 kernel and user, 2 user only, above (of distributions) none. */
function askPerf(): Answer {
  const level = readNumber('/proc/sys/kernel/perf_event_paranoid');
  if (level === undefined) return yesIf(false, 'no perf events in this kernel');
  const detail = `kernel.perf_event_paranoid=${level}`;
  if (level <= 1 || hasCapability('PERFMON')) return yesIf(true, detail);
  return { answer: level === 2 ? 'limited' : 'no', detail };
}
