/**
 * Containers as a runtime makes them, by unshare(1), overlayfs and chroot(1): layers with a writable one on top, mounts, processes and a
 * user of their own, a filter of system calls. Only the kernel knows of them, and with their last process all is gone.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram, type Outcome } from '../run-program.ts';

export interface Mounted {
  /** In the container. */
  readonly target: string;
  /** A folder of this machine; absent: memory that everybody may write to, as an `emptyDir` of Kubernetes. */
  readonly source?: string;
  readonly readOnly?: boolean;
}

export interface Container {
  /** Folders, the uppermost first. */
  readonly layers: readonly string[];
  /** A folder that keeps what is written; absent: memory. */
  readonly kept?: string;
  readonly mounts?: readonly Mounted[];
  readonly user?: number;
  /** As a runtime does it: the mount is read-only, not the file system. */
  readonly readOnlyRoot?: boolean;
  /** Without capabilities, and under a filter of system calls, which permits all. */
  readonly isConfined?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** Who makes the container: root, or an ordinary user, who is root in a user namespace of their own. */
export type Runtime = 'root' | 'user';

const nobody = '65534';
const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
const runtimes: Readonly<Record<Runtime, readonly string[]>> = {
  root: ['unshare', ...namespaces],
  user: [
    ...['setpriv', '--reuid', nobody, '--regid', nobody, '--clear-groups'],
    ...['unshare', '--user', '--map-root-user', ...namespaces],
  ],
};

/** Compiles what puts a process under a filter; `folder` is kept until the containers have ended. */
export function buildFilter(folder: string): string {
  const output = path.join(folder, 'filtered');
  const source = path.join(packageRoot(), 'test', 'contract', 'filtered.c');
  execFileSync('cc', ['-static', '-o', output, source]);
  return output;
}

/** Of sh: $1 is an empty folder, what follows the command. The environment is that of the container from the last line on. */
function scriptOf({
  layers,
  kept,
  mounts = [],
  user,
  readOnlyRoot = false,
  isConfined = false,
  environment,
}: Container): string {
  const identity = user === undefined ? [] : [`--userspec=${String(user)}:${String(user)}`, '--groups='];
  const confined = ['setpriv', '--bounding-set', '-all,+sys_chroot,+setuid,+setgid', '--no-new-privs'];
  return [
    'state=$1; shift; set -e',
    kept === undefined ? 'mount -t tmpfs none "$state" ' : `mount --bind '${kept}' "$state"`,
    'cd "$state"; mkdir -p upper work root',
    `mount -t overlay -o 'lowerdir=${layers.join(':')},upperdir=upper,workdir=work' none root `,
    'cd root; mkdir -p proc dev run tmp; mount -t proc none proc; mount --rbind /dev dev',
    ...mounts.flatMap(mountLines),
    ...(readOnlyRoot ? ['mount -o remount,bind,ro "$state/root"; cd "$state/root"'] : []),
    `exec ${[...bare(environment), ...(isConfined ? confined : []), 'chroot', ...identity].join(' ')} . "$@"`,
  ].join('\n');
}

function mountLines({ target, source, readOnly = false }: Mounted): string[] {
  const place = `'.${target}'`;
  return [
    `mkdir -p ${place}`,
    source === undefined ? `mount -t tmpfs -o mode=777 none ${place}` : `mount --rbind '${source}' ${place}`,
    ...(readOnly ? [`mount -o remount,bind,ro ${place}`] : []),
  ];
}

/** The environment that an image has, where it does not say another one. */
export const usual = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LINKONCE_DEBUG: '1',
};

function bare(environment: Container['environment']): string[] {
  const variables = Object.entries({ ...usual, ...environment });
  return ['env', '-i', ...variables.map(([name, value]) => `'${name}=${value}'`)];
}

interface Started {
  readonly file: string;
  readonly args: readonly string[];
  readonly state: string;
}

function commandOf(container: Container, runtime: Runtime, filter?: string): Started {
  const state = mkdtempSync(path.join(tmpdir(), 'linkonce-container-'));
  chmodSync(state, 0o755);
  const filtered = container.isConfined === true && filter !== undefined ? [filter] : [];
  const shell = ['sh', '-c', scriptOf(container), 'sh', state, ...container.command];
  const [file = '', ...args] = [...runtimes[runtime], ...filtered, ...shell];
  return { file, args, state };
}

/** Runs a container to its end. */
export async function contain(
  container: Container,
  runtime: Runtime = 'root',
  filter?: string,
): Promise<Outcome> {
  const { file, args, state } = commandOf(container, runtime, filter);
  const outcome = await runProgram(file, args, { env: process.env });
  rmSync(state, { recursive: true });
  return outcome;
}

/** Why containers cannot be made here; undefined where they can. */
export async function whyNoContainers(runtime: Runtime): Promise<string | undefined> {
  if (process.geteuid?.() !== 0) return 'only root can make them';
  const layer = mkdtempSync(path.join(tmpdir(), 'linkonce-layer-'));
  chmodSync(layer, 0o755);
  const command = [path.join('/', path.basename(buildFilter(layer)))];
  const { status, stderr } = await contain({ layers: [layer], command }, runtime);
  rmSync(layer, { recursive: true });
  // It was started, and said that it got no argument.
  return status === wrongUsage ? undefined : `${runtime} can have no container: ${stderr}`;
}

/** Of test/contract/filtered.c. */
const wrongUsage = 77;

export interface Running {
  /** Of its first process, as this machine has it. */
  readonly pid: number;
  /** Answers what it wrote to its standard error. */
  end(): Promise<{ readonly stderr: string; readonly status: number | null }>;
}

/** Starts one whose command says `ready`, and then waits for a line. Throws where it is not ready. */
export async function startContainer(
  container: Container,
  runtime: Runtime = 'root',
  filter?: string,
): Promise<Running> {
  const { file, args, state } = commandOf(container, runtime, filter);
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (words: string) => (stderr += words));
  await Promise.race([once(child.stdout, 'data'), exit]);
  if (child.exitCode !== null) throw new Error(`the container ended: ${stderr}`);
  return {
    pid: onlyChild(child.pid ?? 0),
    async end() {
      child.stdin.end('\n');
      const [status] = await exit;
      rmSync(state, { recursive: true });
      return { stderr, status };
    },
  };
}

/** Of unshare, which waits for it. */
function onlyChild(pid: number): number {
  return Number(readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8'));
}
