/** Binds a specimen under a system, several times where that is quick, each time from its very captures. */
import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import type { Choice } from '../build-all.ts';
import { buildAll } from '../build-all.ts';
import { settleFiles } from '../files.ts';
import { nameOf } from '../measurement.ts';
import { observe } from '../observe.ts';
import type { Command } from '../stopwatch.ts';
import type { CompareSubject } from '../subject.ts';
import { sampleTimes } from './sample-times.ts';
import type { BoundTrial, Findings, Obstacle, Specimen, Trial } from './trial.ts';

/** Files appear below `directory`. What the system refuses, or fails at, is the trial's obstacle. */
export async function bindTrial(specimen: Specimen, choice: Choice, directory: string): Promise<Trial> {
  const outcomes: CompareSubject[] = [];
  const bindMs = await sampleTimes(async () => {
    const own = await mkdtemp(path.join(directory, 'bind-'));
    const [built] = await buildAll(choice, [specimen.open()], own);
    outcomes.push(built!);
    return 'image' in built! && built.image.files.length > 0 ? built.bindMs : undefined;
  });
  const head = { specimen, choice, name: nameOf({ system: choice.system.id, variant: choice.variant }) };
  const findings: Findings = { bindMs, startupMs: [], sequenceMs: [], memory: new Map(), updateMs: [] };
  const last = outcomes.at(-1)!;
  if (!('image' in last)) {
    const { status, reason } = last;
    return { ...head, findings: { ...findings, obstacle: { status, reason } } };
  }
  settleFiles(last.image.files);
  return { ...head, bound: { image: last.image, command: commandOf(specimen, last.image) }, findings };
}

/** With no environment but what the system needs. */
function commandOf({ set }: Specimen, { file, environment }: BoundTrial['bound']['image']): Command {
  return { file, argv: [set.executable], environment };
}

/** Runs it once: what does not print what the set must print has no figures. */
export async function checkResult({ specimen, bound, findings }: BoundTrial, limitMs: number): Promise<void> {
  const wrong = await findWrong(bound.command, specimen.set.checksum, limitMs);
  if (wrong !== undefined) findings.obstacle = wrong;
}

/** What is wrong with what a set's program prints; undefined where nothing is. */
export async function findWrong(
  command: Command,
  checksum: string,
  limitMs: number,
): Promise<Obstacle | undefined> {
  const { end, stdout } = await observe(command, limitMs);
  const failed = (reason: string): Obstacle => ({ status: 'failed', reason });
  if (end !== 'status 0') return failed(`its program ended with ${end}`);
  const expected = createHash('sha256').update(`${checksum}\n`).digest('hex');
  return stdout === expected ? undefined : failed('its program did not print the checksum of the set');
}
