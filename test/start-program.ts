/**
 * Starts a program as `node:child_process` does, but by posix_spawn, through koffi. libuv forks, which copies the page tables
 * of a test's whole process: 16 ms of processor in the contract's files, for programs that run for one.
 */
import { Socket } from 'node:net';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const pipe2 = libc.func('int pipe2(_Out_ int *ends, int flags)');
const close = libc.func('int close(int file)');
const waitpid = libc.func('int waitpid(int pid, _Out_ int *status, int options)');
const posixSpawn = libc.func(
  'int posix_spawnp(_Out_ int *pid, const char *file, uint8_t *actions, uint8_t *attributes, const char **argv, const char **envp)',
);
const initActions = libc.func('int posix_spawn_file_actions_init(uint8_t *actions)');
const addDup2 = libc.func('int posix_spawn_file_actions_adddup2(uint8_t *actions, int from, int to)');
const addChdir = libc.func('int posix_spawn_file_actions_addchdir_np(uint8_t *actions, const char *path)');
const freeActions = libc.func('int posix_spawn_file_actions_destroy(uint8_t *actions)');
const initAttributes = libc.func('int posix_spawnattr_init(uint8_t *attributes)');
const setFlags = libc.func('int posix_spawnattr_setflags(uint8_t *attributes, int16_t flags)');
const setDefault = libc.func(
  'int posix_spawnattr_setsigdefault(uint8_t *attributes, const uint8_t *signals)',
);

const closeOnExec = 0o2000000;
/** POSIX_SPAWN_SETSIGDEF and POSIX_SPAWN_SETSIGMASK: Node ignores SIGPIPE, which a program must not inherit. */
const ordinarySignals = 0x04 | 0x08;
/** More than posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t of glibc. */
const roomForStructure = 512;

export interface Started {
  readonly pid: number;
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** The status of wait(2). To be asked once; until it has answered, the pid is the program's. */
  wait(): Promise<number>;
}

/** Throws an error with the system's code where it cannot be started. */
export function startProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string | undefined,
): Started {
  const [stdin, stdout, stderr] = [pipe(), pipe(), pipe()];
  const theirs = [stdin.read, stdout.write, stderr.write];
  const pid: [number] = [0];
  const actions = Buffer.alloc(roomForStructure);
  initActions(actions);
  theirs.forEach((end, stream) => void addDup2(actions, end, stream));
  if (cwd !== undefined) addChdir(actions, cwd);
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${value}`,
  );
  const failure = posixSpawn(
    pid,
    file,
    actions,
    attributes(),
    [file, ...args, null],
    [...variables, null],
  ) as number;
  freeActions(actions);
  for (const end of theirs) close(end);
  const ours = {
    stdin: new Socket({ fd: stdin.write, readable: false, writable: true }),
    stdout: new Socket({ fd: stdout.read, readable: true, writable: false }),
    stderr: new Socket({ fd: stderr.read, readable: true, writable: false }),
  };
  if (failure !== 0) {
    for (const stream of Object.values(ours)) stream.destroy();
    throw systemError(failure, file);
  }
  return { pid: pid[0], ...ours, wait: () => waitFor(pid[0]) };
}

function pipe(): { readonly read: number; readonly write: number } {
  const ends: [number, number] = [0, 0];
  if (pipe2(ends, closeOnExec) !== 0) throw systemError(koffi.errno(), 'pipe2');
  return { read: ends[0], write: ends[1] };
}

function attributes(): Buffer {
  const made = Buffer.alloc(roomForStructure);
  initAttributes(made);
  setFlags(made, ordinarySignals);
  setDefault(made, Buffer.alloc(roomForStructure, 0xff));
  return made;
}

function systemError(errno: number, what: string): Error {
  const [code] = Object.entries(koffi.os.errno).find(([, number]) => number === errno) ?? ['?'];
  return Object.assign(new Error(`${what}: ${code}`), { code, errno });
}

function waitFor(pid: number): Promise<number> {
  const status: [number] = [0];
  return new Promise((resolve, reject) => {
    waitpid.async(pid, status, 0, (error: Error | null, got: number) => {
      if (got === pid) resolve(status[0]);
      else reject(error ?? new Error(`waitpid of ${String(pid)}`));
    });
  });
}
