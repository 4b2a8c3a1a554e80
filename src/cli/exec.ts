/**
 * Becomes another program, as `exec` of a shell does: same process, same terminal, and no Node that stays behind.
 * The program's signals, job control and exit status are thus its own.
 */
import koffi from 'koffi';
import { LinkonceError } from '../util/errors.ts';

/** What Node changed for itself and execve would pass on (`PlatformInit` of node.cc). */
const ignoredByNode = { SIGPIPE: 13, SIGXFSZ: 25 };

/** Replaces this process. Returns only by throwing: when the file cannot be executed. */
export function execute(file: string, argv: readonly string[], environment: NodeJS.ProcessEnv): never {
  const libc = koffi.load('libc.so.6');
  const signal = libc.func('void *signal(int number, intptr_t handler)');
  const execve = libc.func('int execve(const char *path, const char **argv, const char **envp)');
  const strerror = libc.func('const char *strerror(int number)');
  for (const number of Object.values(ignoredByNode)) signal(number, 0);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value ?? ''}`);
  execve(file, [...argv, null], [...variables, null]);
  throw new LinkonceError(`${file}: ${String(strerror(koffi.errno()))}`);
}
