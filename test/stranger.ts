/** Another user of the machine, who means no good. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** The user nobody. */
const id = '65534';
const become = ['--reuid', id, '--regid', id, '--clear-groups'];

/** Why there can be no other user here, if so. */
export const whyNoStranger =
  process.geteuid?.() !== 0
    ? 'only root can be another user'
    : spawnSync('setpriv', [...become, 'true']).status === 0
      ? undefined
      : 'setpriv (of util-linux) cannot be run';

/** The command line by which a stranger starts a program. */
export function asStranger(file: string, args: readonly string[]): [file: string, args: string[]] {
  // setpriv itself still has root's rights when it executes something.
  return ['setpriv', [...become, 'env', file, ...args]];
}

export interface Holder {
  /** Whether the stranger has got what he wants. */
  readonly holds: boolean;
  end(): Promise<void>;
}

/** A stranger who does something, says so by a line, and goes on until he is ended; or who could not. */
export async function hold(file: string, args: readonly string[]): Promise<Holder> {
  const child = spawn(...asStranger(file, args), { stdio: ['pipe', 'pipe', 'ignore'] });
  const exit = once(child, 'exit');
  const holds = await Promise.race([once(child.stdout, 'data').then(() => true), exit.then(() => false)]);
  return {
    holds,
    async end() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** A stranger's lock by flock(2), on what he can open for reading. */
export function holdFlock(file: string): Promise<Holder> {
  return hold('flock', ['--exclusive', '--nonblock', '--no-fork', file, 'sh', '-c', 'echo locked; exec cat']);
}
