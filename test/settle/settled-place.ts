/** A workplace whose launchers see another /run than everybody else: there they look for settled identities. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeLauncher } from '../../src/image/launcher-file.ts';
import { nativePart } from '../../src/util/native.ts';
import type { Workplace } from '../contract/workplace.ts';
import { createWorkplace } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { readFileSync } from 'node:fs';

const isRoot = process.geteuid?.() === 0;
export const ownMounts = [
  'unshare',
  ...(isRoot ? [] : ['--map-root-user']),
  '--mount',
  '--propagation',
  'private',
];

/** Why nobody can have a /run of their own here, if so. */
export const whyNoMounts =
  spawnSync(ownMounts[0]!, [...ownMounts.slice(1), 'mount', '--bind', '/tmp', '/run']).status === 0
    ? undefined
    : 'no mount namespace can be had';

export interface SettledPlace extends Workplace {
  /** The folder that is /run. */
  readonly run: string;
  /** The launcher's file of settled identities, of a user. */
  settledFile(user?: number): string;
  /** A command that sees it. `before`: what is done by sh first, with `$run` and `$folder`. */
  see(command: readonly string[], before?: string): Promise<Outcome>;
  /** linkonce-settle. */
  settle(args?: readonly string[], before?: string): Promise<Outcome>;
  /** Starts the launcher there. */
  startThere(before?: string): Promise<Outcome>;
}

export const settler = nativePart('linkonce-settle');

export async function createSettledPlace(form = 'image:data', asInterpreter = false): Promise<SettledPlace> {
  const place = await createWorkplace({ form, asInterpreter, isForAll: true });
  const run = mkdtempSync(path.join(tmpdir(), 'linkonce-run-'));
  chmodSync(run, 0o755);
  mkdirSync(path.join(run, 'linkonce'));
  const see = (command: readonly string[], before = ':'): Promise<Outcome> => {
    const script = `run=$1; folder=$2; shift 2; mount --bind "$run" /run || exit 99; ${before}; exec "$@"`;
    const [file = '', ...args] = [...ownMounts, 'sh', '-c', script, 'sh', run, place.folder, ...command];
    return runProgram(file, args, { env: { ...environment, LINKONCE_DEBUG: '1' } });
  };
  return {
    ...place,
    run,
    settledFile: (user = process.geteuid?.() ?? 0) =>
      path.join(run, 'linkonce', `${checksumOf(place.launcher)}.${user}`),
    see,
    settle: (args = [place.launcher], before) => see([settler, ...args], before),
    startThere: (before) => see([place.launcher], before),
    remove: () => {
      place.remove();
      rmSync(run, { recursive: true, force: true });
    },
  };
}

function checksumOf(launcher: string): string {
  const form = decodeLauncher(readFileSync(launcher))?.forms[0];
  return (form?.checksum ?? 0n).toString(16).padStart(16, '0');
}

/** The same content in another file, as an unpacked layer has it. */
export function replaceByEqual(file: string): void {
  copyFileSync(file, `${file}.copy`);
  renameSync(`${file}.copy`, file);
}
