/**
 * Brings programs of a store up to date. Their launchers are asked; what keeps one from running from the store, and can be mended by
 * binding, is mended: where files were only replaced by equal ones, the plan learns their new identities, and where that does not help, or
 * a module changed, or the linker would find other modules, the program is captured again. Then it is asked once more: a reason that stayed
 * is kept in the catalogue, so that nothing is bound in vain until there is another one. What only a person mends stays as it is.
 */
import path from 'node:path';
import type { Obstacle } from '../image/obstacle.ts';
import { describeReason } from '../image/obstacle.ts';
import { reasons } from '../image/reasons.ts';
import { readPlan } from '../image/verify-image.ts';
import { sameIdentity } from '../program/file-identity.ts';
import { whyTimesTellNothing } from '../program/file-system.ts';
import { loadProgram } from '../program/load-program.ts';
import type { FileIdentity } from '../program/program.ts';
import type { ReadModule } from '../program/read-module.ts';
import { cachedReader } from '../program/read-module.ts';
import { hasWriter } from '../program/writers.ts';
import type { LinkonceError } from '../util/errors.ts';
import { askPrograms } from './ask-programs.ts';
import type { Catalogue, KnownModule, StoredProgram } from './catalogue.ts';
import { keyOf, titleOf } from './catalogue.ts';
import { names } from './folder.ts';
import {
  changedFiles,
  digestOf,
  identityOf,
  isForSameUsers,
  loaderDigest,
  missingFile,
  plannedFiles,
} from './freshness.ts';
import { whyNotReadable } from './opened-modules.ts';
import { rebuild } from './rebuild.ts';
import type { Destination, OnProgress } from './session.ts';
import { wishOf } from './session.ts';
import { refreshProgram } from './refresh.ts';
import { attempt } from '../util/outcome.ts';

/** What an update of a store did. */
export interface Updated {
  readonly catalogue: Catalogue;
  /** Whether it is another one than before. */
  readonly changed: boolean;
  /** Programs that were captured again, and why. */
  readonly rebuilt: readonly { readonly name: string; readonly reason: string }[];
  /** Programs whose files were only replaced by equal ones. */
  readonly refreshed: readonly string[];
  /** Programs that are no longer there, and left the store. */
  readonly gone: readonly string[];
  /** Modules whose content changed. */
  readonly changedModules: readonly string[];
  readonly failures: readonly { readonly name: string; readonly error: LinkonceError }[];
  /** Where the store was when it was written, if it stands elsewhere now; its files are those of its new place. */
  readonly movedFrom?: string;
}

type Verdict =
  | { readonly kind: 'fresh' }
  /** Binding again did not mend it before, and it runs from the store now. */
  | { readonly kind: 'mended' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'rebuild'; readonly reason: string }
  | { readonly kind: 'gone' };

interface Judged {
  readonly program: StoredProgram;
  readonly verdict: Verdict;
}

/** The caller holds the lock and commits the result. */
export async function updatePrograms(
  store: string,
  catalogue: Catalogue,
  onProgress: OnProgress,
): Promise<Updated> {
  onProgress('looking for changes');
  const judge = createJudge(store, catalogue);
  const obstacles = await askPrograms(store, catalogue.programs, 'files');
  const judged = catalogue.programs.map((program) => ({
    program,
    verdict: judge.verdict(program, obstacles.get(keyOf(program))),
  }));
  const { refreshed, others } = await refreshPrograms(
    { store, readers: catalogue.settings.readers },
    judged,
    judge,
  );
  const lost = [...chosen(judged, 'rebuild'), ...others];
  const mended = chosen(judged, 'mended').map(({ program: { unmended: _, ...program } }) => program);
  const kept = [...chosen(judged, 'fresh').map(({ program }) => program), ...mended, ...refreshed];
  const programs = [...kept, ...lost.map(({ program }) => program)];
  const base = { ...catalogue, modules: judge.modules(), programs };
  const { catalogue: next, failures } = await rebuildPrograms(store, base, lost, onProgress);
  const failed = new Set(failures.map(({ name }) => name));
  return {
    catalogue: next,
    changed: judged.some(({ verdict }) => verdict.kind !== 'fresh'),
    rebuilt: lost
      .map(({ program, reason }) => ({ name: titleOf(program), reason }))
      .filter(({ name }) => !failed.has(name)),
    refreshed: refreshed.map(titleOf),
    gone: [...new Set(chosen(judged, 'gone').map(({ program }) => program.name))],
    changedModules: judge.changed(),
    failures,
  };
}

function chosen<Kind extends Verdict['kind']>(
  judged: readonly Judged[],
  kind: Kind,
): (Extract<Verdict, { kind: Kind }> & { readonly program: StoredProgram })[] {
  return judged.flatMap(({ program, verdict }) =>
    verdict.kind === kind ? [{ ...(verdict as Extract<Verdict, { kind: Kind }>), program }] : [],
  );
}

/** A program that is bound again, and why. */
interface Lost {
  readonly program: StoredProgram;
  readonly reason: string;
}

/** Where new identities do not help, the program is among `others`. */
async function refreshPrograms(
  destination: Destination,
  judged: readonly Judged[],
  judge: Judge,
): Promise<{ readonly refreshed: readonly StoredProgram[]; readonly others: readonly Lost[] }> {
  const before = chosen(judged, 'refresh').map(({ program }) => program);
  const after = before.map((program) => refreshProgram(destination, program, judge.identity));
  const obstacles = await askPrograms(destination.store, after, 'files');
  const isMended = (program: StoredProgram): boolean =>
    obstacles.get(keyOf(program))?.remedy !== 'bind-again';
  const others = before.flatMap((program): Lost[] => {
    const obstacle = obstacles.get(keyOf(program));
    return obstacle && !isMended(program) ? [{ program, reason: describeReason(obstacle) }] : [];
  });
  return { refreshed: after.filter(isMended), others };
}

/** Those that were bound again are asked whether that helped. */
async function rebuildPrograms(
  store: string,
  base: Catalogue,
  lost: readonly Lost[],
  onProgress: OnProgress,
): Promise<Pick<Updated, 'catalogue' | 'failures'>> {
  if (lost.length === 0) return { catalogue: base, failures: [] };
  const wishes = lost.map(({ program }) => wishOf(program));
  const { catalogue, failures } = await rebuild(store, base, wishes, onProgress);
  const keys = new Set(wishes.map(keyOf));
  const built = catalogue.programs.filter((each) => keys.has(keyOf(each)) && each.failed === undefined);
  const obstacles = await askPrograms(store, built, 'files');
  return {
    catalogue: { ...catalogue, programs: catalogue.programs.map((each) => remember(each, obstacles)) },
    failures: failures.map(({ wish, error }) => ({ name: titleOf(wish), error })),
  };
}

function remember(program: StoredProgram, obstacles: ReadonlyMap<string, Obstacle>): StoredProgram {
  const obstacle = obstacles.get(keyOf(program));
  return obstacle?.remedy === 'bind-again' ? { ...program, unmended: describeReason(obstacle) } : program;
}

interface Judge {
  /** `obstacle`: what its launcher answers. */
  verdict(program: StoredProgram, obstacle: Obstacle | undefined): Verdict;
  /** Of a file when it was first looked at, before anything of it was read. */
  readonly identity: (file: string) => FileIdentity | undefined;
  /** The known modules with their identities of now; those that changed are as they were. */
  modules(): KnownModule[];
  /** Paths of modules whose content changed. */
  changed(): string[];
}

function createJudge(store: string, catalogue: Catalogue): Judge {
  const known = new Map(catalogue.modules.map((each) => [each.path, each]));
  const read = cachedReader();
  const identities = new Map<string, FileIdentity | undefined>();
  const identity = (file: string): FileIdentity | undefined => {
    if (!identities.has(file)) identities.set(file, identityOf(file));
    return identities.get(file);
  };
  const current = new Map<string, KnownModule | 'changed' | 'gone'>();
  const state = (file: string): KnownModule | 'changed' | 'gone' => {
    const answer = current.get(file) ?? lookAt(file, identity(file), known.get(file));
    current.set(file, answer);
    return answer;
  };
  const isOtherLoader = catalogue.loader !== loaderDigest();
  return {
    identity,
    verdict: (program, obstacle) =>
      judge(store, program, { identity, state, known, read, isOtherLoader, obstacle }),
    modules: () =>
      catalogue.modules.map((each) => {
        const now = current.get(each.path);
        return typeof now === 'object' ? now : each;
      }),
    changed: () => [...current].filter(([, answer]) => answer === 'changed').map(([file]) => file),
  };
}

/** A module with its identity of now, where its content is what it was, and for the same users. */
function lookAt(
  file: string,
  identity: FileIdentity | undefined,
  known: KnownModule | undefined,
): KnownModule | 'changed' | 'gone' {
  if (!identity) return 'gone';
  if (!known || !isForSameUsers({ modules: [known] })) return 'changed';
  if (sameIdentity(identity, known.identity)) return known;
  if (hasWriter(file)) return 'changed';
  return digestOf(file) === known.digest ? { ...known, identity } : 'changed';
}

interface JudgeInput {
  readonly identity: Judge['identity'];
  readonly state: (file: string) => KnownModule | 'changed' | 'gone';
  /** As the store knows them. */
  readonly known: ReadonlyMap<string, KnownModule>;
  readonly read: ReadModule;
  readonly isOtherLoader: boolean;
  readonly obstacle: Obstacle | undefined;
}

function judge(store: string, program: StoredProgram, input: JudgeInput): Verdict {
  const { identity, state, isOtherLoader } = input;
  if (!identity(program.invocation)) return { kind: 'gone' };
  const changed = program.modules.find((file) => typeof state(file) === 'string');
  if (changed !== undefined) return { kind: 'rebuild', reason: `${changed} changed` };
  if (program.failed !== undefined) return { kind: 'rebuild', reason: `before: ${program.failed}` };
  if (program.relocatedAtStart !== undefined) return { kind: 'fresh' };
  const opened = openedOtherwise(program, input);
  if (opened !== undefined) return { kind: 'rebuild', reason: opened };
  if (isOtherLoader) return { kind: 'rebuild', reason: 'linkonce itself changed' };
  const missing = missingFile(path.join(store, names.files), program);
  if (missing !== undefined) return { kind: 'rebuild', reason: missing };
  return judgeAnswer(store, program, input);
}

/**
 * A module that it opens and that is not as at bind. No start asks for that: each dlopen does. A new identity of an equal file has to
 * stand in the image, too.
 */
function openedOtherwise({ opened }: StoredProgram, { state, known, read }: JudgeInput): string | undefined {
  for (const file of opened) {
    const before = known.get(file);
    if (before) {
      const now = state(file);
      if (now === 'gone') return `${file}, which it opens, is gone`;
      if (now === 'changed') return `${file}, which it opens, changed`;
      if (!sameIdentity(now.identity, before.identity)) return `${file}, which it opens, was replaced`;
    } else if (whyNotReadable(file, read) === undefined) return `${file}, which it opens, can be read now`;
  }
  return undefined;
}

function judgeAnswer(store: string, program: StoredProgram, input: JudgeInput): Verdict {
  const { obstacle } = input;
  const { unmended } = program;
  if (obstacle === undefined)
    return unmended === undefined ? judgeCache(store, program, input) : { kind: 'mended' };
  const reason = describeReason(obstacle);
  if (obstacle.remedy !== 'bind-again' || reason === unmended) return { kind: 'fresh' };
  return obstacle.reason === reasons.fileChanged.text
    ? judgeFiles(store, program, reason, input)
    : { kind: 'rebuild', reason };
}

/** Modules are equal by now: what is left is whether the linker would find them. */
function judgeFiles(
  store: string,
  program: StoredProgram,
  reason: string,
  { identity, read }: JudgeInput,
): Verdict {
  const files = plannedFiles(readPlan(path.join(store, names.files, program.image)));
  for (const { path: file } of files) identity(file);
  const other = otherModules(program, read);
  if (other !== undefined) return { kind: 'rebuild', reason: other };
  const isTold = files.every(({ path: file }) => whyTimesTellNothing(file) === undefined);
  return program.asInterpreter || !isTold ? { kind: 'rebuild', reason } : { kind: 'refresh' };
}

/** The linker's cache says the same, and is another file: every start then reads it. A copy of a program is not written for that. */
function judgeCache(store: string, program: StoredProgram, { identity }: JudgeInput): Verdict {
  const plan = readPlan(path.join(store, names.files, program.image));
  if (program.asInterpreter || changedFiles(plan).length === 0) return { kind: 'fresh' };
  for (const { path: file } of plannedFiles(plan)) identity(file);
  return { kind: 'refresh' };
}

/** Whether the linker would find other modules now. */
function otherModules(program: StoredProgram, read: ReadModule): string | undefined {
  const loaded = attempt(() => loadProgram(program.invocation, { read, variables: program.variables }));
  if ('failure' in loaded) return loaded.failure.message;
  const now = loaded.value.modules.map((module) => module.path);
  const other = now.find((file, index) => file !== program.modules[index]);
  return other === undefined && now.length === program.modules.length
    ? undefined
    : `it now uses ${other ?? 'other modules'}`;
}
