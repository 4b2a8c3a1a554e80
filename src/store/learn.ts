/** Which modules programs of a store open with dlopen(3): by runs of them, and by name; and to forget them. */
import { realpathSync } from 'node:fs';
import type { ChosenOpened, ChoosingMeans, OpenedChoice } from '../capture/choose-opened.ts';
import { chooseOpened, chooseWhereAble } from '../capture/choose-opened.ts';
import { describeAgain } from '../capture/starts-again.ts';
import { distinctOpened } from '../capture/distinct-opened.ts';
import { loadProgram } from '../program/load-program.ts';
import type { Program } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { attempt, attemptLater } from '../util/outcome.ts';
import { bindWishes } from './bind-wishes.ts';
import type { StoredProgram } from './catalogue.ts';
import { isBound, keyOf, requireCatalogue, titleOf } from './catalogue.ts';
import type { StoreContext } from './lock.ts';
import { withStoreLock } from './lock.ts';
import type { WishFailure } from './rebuild.ts';
import type { OnProgress, Wish } from './session.ts';
import { wishOf } from './session.ts';

export interface ChosenWishes {
  readonly wishes: readonly Wish[];
  /** Of programs whose modules could not be chosen; they are none of `wishes`. */
  readonly failures: readonly WishFailure[];
  /** One line each. */
  readonly remarks: readonly string[];
  /** By `keyOf`, how often programs were seen to execute themselves again. */
  readonly again: ReadonlyMap<string, number>;
}

interface ChoiceRequest {
  readonly opened?: OpenedChoice | undefined;
  readonly guard?: ChoosingMeans['guard'];
  /** By what they start, scripts that are run in place of programs. */
  readonly scripts?: ReadonlyMap<string, string | undefined>;
}

/** Nobody stops a run before its end. */
export const unguarded: ChoosingMeans['guard'] = (work) => work(new AbortController().signal);

type Choose = (program: Program, choice: OpenedChoice, means: ChoosingMeans) => Promise<ChosenOpened>;

/** The wishes with what is chosen beside what they have. A program that cannot be read is left to those who bind it. */
export async function withChosen(
  wishes: readonly Wish[],
  { opened: choice, guard = unguarded, scripts }: ChoiceRequest,
  onProgress: OnProgress,
  choose: Choose = chooseWhereAble,
): Promise<ChosenWishes> {
  const again = new Map<string, number>();
  if (!choice) return { wishes, failures: [], remarks: [], again };
  const chosen: Wish[] = [];
  const failures: WishFailure[] = [];
  const remarks: string[] = [];
  for (const wish of wishes) {
    const outcome = await attemptLater(async () => {
      const program = attempt(() => loadProgram(wish.invocation, { variables: wish.variables }));
      if ('failure' in program) return wish;
      const script = scripts?.get(wish.invocation);
      const found = await choose(program.value, { ...choice, script }, { onProgress, guard });
      if (found.again !== undefined) again.set(keyOf(wish), found.again);
      remarks.push(...found.remarks.map((text) => `${titleOf(wish)}: ${text}`));
      return { ...wish, opened: distinctOpened(program.value, [...wish.opened, ...found.modules]) };
    });
    if ('value' in outcome) chosen.push(outcome.value);
    else failures.push({ wish, error: outcome.failure });
  }
  return { wishes: chosen, failures, remarks, again };
}

/** What executes a copy again runs from its image, too. */
export function againRemarks(
  programs: readonly StoredProgram[],
  again: ReadonlyMap<string, number>,
): string[] {
  return programs.flatMap((program) => {
    const times = again.get(keyOf(program));
    if (times === undefined || program.asInterpreter || !isBound(program)) return [];
    const { writtenPages } = program;
    return [
      `${titleOf(program)}: ${describeAgain({ path: realpathSync(program.invocation), times, writtenPages })}`,
    ];
  });
}

/** Which program of a store, and which modules it opens. */
export interface LearnRequest {
  /** As `store list` shows it. */
  readonly name: string;
  /** What it opens beside what is known; `forget`: nothing, and nothing of before. */
  readonly opened: OpenedChoice | 'forget';
  /** Has the runs; absent: nobody stops them before their end. */
  readonly guard?: ChoosingMeans['guard'];
}

/** What came of learning which modules a program opens. */
export interface Learnt {
  /** The forms of the program that opened other modules before, as they are bound now. */
  readonly bound: readonly StoredProgram[];
  readonly failures: readonly WishFailure[];
  /** One line each. */
  readonly remarks: readonly string[];
}

/** Binds the program again where this is news. Throws LinkonceError where it is not in the store. */
export function learnProgram(context: StoreContext, request: LearnRequest): Promise<Learnt> {
  const { store, onProgress } = context;
  const { name } = request;
  return withStoreLock(context, async () => {
    const catalogue = requireCatalogue(store);
    const before = catalogue.programs.filter((each) => each.name === name);
    if (before.length === 0) throw new LinkonceError(`${name}: is not in the store`);
    const { wishes, failures, remarks, again } = await wishesFor(before.map(wishOf), request, onProgress);
    const known = new Map(before.map((each) => [keyOf(each), each.opened.join('\0')]));
    const news = wishes.filter((wish) => known.get(keyOf(wish)) !== wish.opened.join('\0'));
    if (news.length === 0) return { bound: [], failures, remarks };
    const { added, failures: unbound } = await bindWishes(store, catalogue, news, onProgress);
    return {
      bound: added,
      failures: [...failures, ...unbound],
      remarks: [...remarks, ...againRemarks(added, again)],
    };
  });
}

async function wishesFor(
  wishes: readonly Wish[],
  { opened, ...rest }: LearnRequest,
  onProgress: OnProgress,
): Promise<ChosenWishes> {
  if (opened !== 'forget') return withChosen(wishes, { ...rest, opened }, onProgress, chooseOpened);
  return {
    wishes: wishes.map((wish) => ({ ...wish, opened: [] })),
    failures: [],
    remarks: [],
    again: new Map(),
  };
}
