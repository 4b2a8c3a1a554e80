/**
 * Brings programs of a store up to date. Where files were only replaced by equal ones, the plans learn their new identities;
 * a program of which a module changed, or that would find other modules, is captured again.
 */
import path from 'node:path';
import type { DecodedPlan } from '../image/plan.ts';
import { readPlan } from '../image/verify-image.ts';
import { sameIdentity } from '../program/file-identity.ts';
import { whyTimesTellNothing } from '../program/file-system.ts';
import { loadProgram } from '../program/load-program.ts';
import type { FileIdentity } from '../program/program.ts';
import type { ReadModule } from '../program/read-module.ts';
import { cachedReader } from '../program/read-module.ts';
import { hasWriter } from '../program/writers.ts';
import type { LinkonceError } from '../util/errors.ts';
import type { Catalogue, KnownModule, StoredProgram } from './catalogue.ts';
import { names } from './folder.ts';
import {
  changedFiles,
  damageOf,
  digestOf,
  identityOf,
  isForSameUsers,
  loaderDigest,
  otherAnswer,
  plannedFiles,
  staleReason,
} from './freshness.ts';
import { rebuild } from './rebuild.ts';
import type { OnProgress, Wish } from './session.ts';
import { refreshProgram } from './refresh.ts';
import { attempt } from '../util/outcome.ts';

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
}

type Verdict =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'rebuild'; readonly reason: string }
  | { readonly kind: 'gone' };

/** The caller holds the lock and commits the result. */
export async function updatePrograms(
  store: string,
  catalogue: Catalogue,
  onProgress: OnProgress,
): Promise<Updated> {
  onProgress('looking for changes');
  const judge = createJudge(store, catalogue);
  const verdicts = catalogue.programs.map((program) => ({ program, verdict: judge.verdict(program) }));
  const of = (kind: Verdict['kind']): StoredProgram[] =>
    verdicts.filter(({ verdict }) => verdict.kind === kind).map(({ program }) => program);
  const gone = of('gone').map(({ name }) => name);
  const refreshed = of('refresh').map((program) => refreshProgram(store, program, judge.identity));
  const base = {
    ...catalogue,
    modules: judge.modules(),
    programs: [...of('fresh'), ...refreshed, ...of('rebuild')],
  };
  const wishes = of('rebuild').map(({ name, invocation, asInterpreter }): Wish => ({
    name,
    invocation,
    asInterpreter,
  }));
  const { catalogue: next, failures } =
    wishes.length === 0 ? { catalogue: base, failures: [] } : await rebuild(store, base, wishes, onProgress);
  const failed = new Set(failures.map(({ wish }) => wish.name));
  return {
    catalogue: next,
    changed: verdicts.some(({ verdict }) => verdict.kind !== 'fresh'),
    rebuilt: verdicts.flatMap(({ program, verdict }) =>
      verdict.kind === 'rebuild' && !failed.has(program.name)
        ? [{ name: program.name, reason: verdict.reason }]
        : [],
    ),
    refreshed: refreshed.map(({ name }) => name),
    gone,
    changedModules: judge.changed(),
    failures: failures.map(({ wish, error }) => ({ name: wish.name, error })),
  };
}

interface Judge {
  verdict(program: StoredProgram): Verdict;
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
    verdict: (program) => judge(store, program, { identity, state, read, isOtherLoader }),
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
  readonly read: ReadModule;
  readonly isOtherLoader: boolean;
}

function judge(store: string, program: StoredProgram, input: JudgeInput): Verdict {
  const { identity, state, isOtherLoader } = input;
  if (!identity(program.invocation)) return { kind: 'gone' };
  const changed = program.modules.find((file) => typeof state(file) === 'string');
  if (changed !== undefined) return { kind: 'rebuild', reason: `${changed} changed` };
  if (program.failed !== undefined) return { kind: 'rebuild', reason: `before: ${program.failed}` };
  if (program.relocatedAtStart !== undefined) return { kind: 'fresh' };
  if (isOtherLoader) return { kind: 'rebuild', reason: 'linkonce itself changed' };
  const damage = damageOf(path.join(store, names.files), program);
  return damage === undefined ? judgePlan(store, program, input) : { kind: 'rebuild', reason: damage };
}

function judgePlan(store: string, program: StoredProgram, { identity, read }: JudgeInput): Verdict {
  const plan = readPlan(path.join(store, names.files, program.image));
  for (const { path: file } of plannedFiles(plan)) identity(file);
  const reason = staleReason(plan);
  if (reason === undefined) return judgeFiles(plan, program);
  const other = otherAnswer(plan) ?? otherModules(program, read);
  if (other !== undefined) return { kind: 'rebuild', reason: other };
  const isTold = plannedFiles(plan).every(({ path: file }) => whyTimesTellNothing(file) === undefined);
  return program.asInterpreter || !isTold ? { kind: 'rebuild', reason } : { kind: 'refresh' };
}

/** The linker's cache says the same, and is another file: every start then reads it. A copy of a program is not written for that. */
function judgeFiles(plan: DecodedPlan, { asInterpreter }: StoredProgram): Verdict {
  return changedFiles(plan).length === 0 || asInterpreter ? { kind: 'fresh' } : { kind: 'refresh' };
}

/** Whether the linker would find other modules now. */
function otherModules(program: StoredProgram, read: ReadModule): string | undefined {
  const loaded = attempt(() => loadProgram(program.invocation, { read }));
  if ('failure' in loaded) return loaded.failure.message;
  const now = loaded.value.modules.map((module) => module.path);
  const other = now.find((file, index) => file !== program.modules[index]);
  return other === undefined && now.length === program.modules.length
    ? undefined
    : `it now uses ${other ?? 'other modules'}`;
}
