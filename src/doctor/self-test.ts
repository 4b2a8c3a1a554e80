/** What `linkonce doctor` tries instead of asking: a small program is captured, bound, asked and started. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readElf } from '../elf/read-elf.ts';
import { askLauncher } from '../image/ask-launcher.ts';
import { describeObstacle } from '../image/obstacle.ts';
import type { Variables } from '../program/environment.ts';
import { linkerVariables } from '../program/environment.ts';
import { nativePart } from '../util/native.ts';
import type { Answer } from './finding.ts';
import { attemptLater } from '../util/outcome.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';

/** What the program prints: see native/self-test.c. */
const expected = '123\n';
const limitMs = 10_000;

/** Binds a program as a person would who chooses nothing. */
export type Bind = (request: BindRequest) => Promise<unknown>;

interface BindRequest {
  /** Path of the program. */
  readonly program: string;
  /** Path of the launcher. */
  readonly output: string;
  readonly variables: Variables;
}

/** Throws what is no fault of this machine. */
export async function testBind(bind: Bind): Promise<Answer> {
  const folder = makeTemporaryFolder('doctor');
  try {
    const outcome = await attemptLater(() => bindAndStart(bind, path.join(folder, 'launcher')));
    return 'value' in outcome ? outcome.value : { answer: 'no', detail: outcome.failure.message };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bindAndStart(bind: Bind, output: string): Promise<Answer> {
  const program = nativePart('self-test');
  const { interpreter } = readElf(program);
  // That of a package is for glibc, wherever it is installed.
  if (interpreter !== undefined && !existsSync(interpreter))
    return {
      answer: 'limited',
      detail: `the program that would try it needs ${interpreter}, which is not here`,
    };
  await bind({ program, output, variables: linkerVariables(process.env) });
  const obstacle = askLauncher(output);
  if (obstacle?.outcome === 'hands-over') return { answer: 'limited', detail: describeObstacle(obstacle) };
  if (obstacle) return { answer: 'no', detail: describeObstacle(obstacle) };
  return start(output);
}

function start(launcher: string): Answer {
  const { status, signal, stdout, stderr, error } = spawnSync(launcher, [], {
    env: { ...process.env, LINKONCE_DEBUG: '1' },
    encoding: 'utf8',
    timeout: limitMs,
  });
  if (error) return { answer: 'no', detail: `its launcher cannot be started: ${error.message}` };
  if (status === 0 && stdout === expected && stderr === '')
    return { answer: 'yes', detail: 'a program was captured, bound, and ran from its image' };
  const end = signal ?? `status ${String(status)}`;
  return {
    answer: 'no',
    detail: `a bound program ended with ${end}, and said ${JSON.stringify(stdout + stderr)}`,
  };
}
