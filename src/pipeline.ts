/** The way of the data as code: each command's steps in their order (ARCHITECTURE.md). */
import { captureProgram } from './capture/capture-program.ts';
import type { ChoosingMeans, OpenedChoice } from './capture/choose-opened.ts';
import { chooseWhereAble } from './capture/choose-opened.ts';
import type { StartedProgram } from './capture/started-program.ts';
import { describeAgain } from './capture/starts-again.ts';
import { describeStarted, startedProgram } from './capture/started-program.ts';
import { inOrder, movableModules } from './ranges/place-programs.ts';
import { earlierFiles, removeEarlier } from './image/earlier-files.ts';
import type { Image } from './image/image.ts';
import type { Finding } from './doctor/finding.ts';
import type { CallMeasurement, CallSettings, JumpsAtDistance } from './measure/call-measurement.ts';
import type { OnProgress } from './measure/course.ts';
import { Journal } from './measure/journal.ts';
import { measureJumps } from './measure/jump-distances.ts';
import { measureCalls } from './measure/measure-calls.ts';
import type { PhaseSettings } from './measure/measure-phases.ts';
import { measurePhases } from './measure/measure-phases.ts';
import type { StartPhases } from './measure/start-phases.ts';
import { describeRequest } from './measure/describe-request.ts';
import type { MeasureRequest } from './measure/measure-systems.ts';
import { measureSystems } from './measure/measure-systems.ts';
import type { Measurement, Warning } from './measure/measurement.ts';
import { baseLine, isBaseLine } from './measure/measurement.ts';
import { attempt, runStep } from './measure/run-step.ts';
import type { StepContext } from './measure/run-step.ts';
import { withCourseWarnings } from './measure/warnings.ts';
import type { OpenJournal } from './report/journal-file.ts';
import type { ScaleMeasurement, ScaleSettings } from './measure/scale-measurement.ts';
import { measureScale } from './measure/scale/measure-scale.ts';
import type { RunSettings } from './measure/subject.ts';
import type { Variables } from './program/environment.ts';
import { linkerVariables } from './program/environment.ts';
import { findProgram } from './program/find-program.ts';
import type { LoadOptions } from './program/load-program.ts';
import { loadProgram } from './program/load-program.ts';
import type { Module, Program } from './program/program.ts';
import { writtenPages } from './provenance/written-pages.ts';
import { explainCaptures } from './provenance/explain-captures.ts';
import type { Explained } from './provenance/explained.ts';
import type { Subject } from './bind/subject.ts';
import { buildProbe } from './synthetic/build-probe.ts';
import { buildVariant, variantOf } from './systems/build-variant.ts';
import type { System } from './systems/system.ts';
import { attempt as attemptNow } from './util/outcome.ts';
import { at, present } from './util/present.ts';
import type { Address } from './util/units.ts';
import { named } from './util/errors.ts';

export type { OnProgress, OpenedChoice };

interface ProgramSubject extends Subject {
  explained(order?: readonly string[]): Promise<Explained>;
}

const silent: OnProgress = () => undefined;
const unguarded: ChoosingMeans['guard'] = (work) => work(new AbortController().signal);

/** A system and one of its variants. */
export interface SystemChoice {
  readonly system: System;
  readonly variant: string;
  /** Bits of the space for module addresses; absent: as many as a system likes. */
  readonly window?: number | undefined;
  /** Where the system has its tables, at one base or several; absent: where it likes. */
  readonly bases?: readonly Address[] | undefined;
}

/** What is bound how. */
export interface BindSettings extends SystemChoice {
  /** Path of the launcher. */
  readonly output: string;
  /** Of the linker's variables, what starts have in their environment, as `NAME=VALUE`; absent: none. */
  readonly variables?: Variables;
  /** A copy of the program whose PT_INTERP is the loader, in place of a launcher; absent: no. */
  readonly asInterpreter?: boolean;
  /** Whether the launcher counts its hand-overs in a file beside it; absent: no. */
  readonly isCounted?: boolean;
  /** Whether a script stands for the program that it starts; absent: it is refused. */
  readonly mayBeScript?: boolean;
  /** Which modules that it opens with dlopen(3) are prepared; absent: none. */
  readonly opened?: OpenedChoice | undefined;
  /** Has the runs of the program that `opened` asks for; absent: nobody stops them before their end. */
  readonly guard?: ChoosingMeans['guard'];
}

/** An image and the modules that it was made of. */
export interface BoundImage extends Image {
  readonly modules: readonly Module[];
  /** What starts have in their environment, of the linker's variables. */
  readonly variables: Variables;
}

/** A program to compare the systems on. */
export interface CompareRequest {
  /** Its name in PATH, or its path. */
  readonly name: string;
  readonly args: readonly string[];
  /** Alive at once when memory is looked at. */
  readonly processes: number;
}

/** How programs are compared, and under what. */
export interface CompareSettings extends RunSettings {
  readonly choices: readonly SystemChoice[];
  /** How calls between modules are timed under the same systems; absent: not. */
  readonly calls?: CallSettings;
  /** Aborted when a person wants no further step: what was found until then is the measurement. */
  readonly stop?: AbortSignal;
  /** Each program is first run for so many seconds at most, and what it opens then is prepared; absent: nothing is. */
  readonly learningSeconds?: number | undefined;
  /** A file that gets what is found as it comes, and from which a run that was ended goes on; absent: none. */
  readonly journalFile?: string;
}

/** How calls are timed, and under what. */
export interface CallLabSettings extends CallSettings {
  readonly choices: readonly SystemChoice[];
  /** Aborted when a person wants no further step: then LinkonceError is thrown. */
  readonly stop?: AbortSignal;
}

/** What `compareGrowth` measures: systems, sizes, and what the other axes are where one grows. */
export interface ScaleLabSettings extends ScaleSettings {
  readonly choices: readonly SystemChoice[];
}

/**
 * Writes a launcher for one program, by its name in PATH or its path, or for the program that a script starts. Throws Refusal where the system cannot serve it, and
 * LinkonceError where it cannot be read, captured or written.
 */
export async function bindProgram(
  name: string,
  settings: BindSettings,
  onProgress: OnProgress = silent,
): Promise<BoundImage> {
  const { opened, guard = unguarded } = settings;
  const means = { onProgress, guard };
  const named = findProgram(name, process.env.PATH ?? '');
  const started: StartedProgram = settings.mayBeScript
    ? await startedProgram(named, opened, means)
    : { invocation: named };
  const { invocation, script } = started;
  const variables = variablesFor(started, settings.variables ?? []);
  const said = [describeStarted(started) ?? []].flat();
  const subject = openProgram(invocation, onProgress, { variables });
  if (!opened) return withNotes(await bindSubject(subject, settings), said);
  const chosen = await chooseWhereAble(subject.program, { ...opened, script }, means);
  const { modules: known, again } = chosen;
  const learnt = openProgram(invocation, onProgress, { variables, opened: known });
  const image = await bindSubject(learnt, settings);
  return withNotes(image, [
    ...said,
    ...chosen.remarks,
    ...(await againNotes(learnt, again, image, settings)),
  ]);
}

/** What executes a copy again runs from its image, too. */
async function againNotes(
  subject: ProgramSubject,
  times: number | undefined,
  image: Image,
  { asInterpreter = false }: BindSettings,
): Promise<string[]> {
  if (times === undefined || asInterpreter || image.files.length === 0) return [];
  const { regions } = await subject.explained();
  return [describeAgain({ path: subject.program.path, times, writtenPages: writtenPages(regions) })];
}

/** Who starts the launcher has not what the script sets, unless the program needs it to find its libraries. */
function variablesFor({ invocation, variables }: StartedProgram, here: Variables): Variables {
  if (variables === undefined) return here;
  const [own, scripts] = [here, variables].map((each) =>
    attemptNow(() => loadProgram(invocation, { variables: each })),
  );
  if (!own || !scripts || 'failure' in own) return variables;
  if ('failure' in scripts) return here;
  const pathsOf = ({ modules }: Program): string => modules.map((module) => module.path).join('\0');
  return pathsOf(own.value) === pathsOf(scripts.value) ? here : variables;
}

function withNotes(image: BoundImage, notes: readonly string[]): BoundImage {
  return { ...image, notes: [...image.notes, ...notes] };
}

/** The same for a program that is bound several times: its captures are made once. */
export async function bindSubject(subject: Subject, settings: BindSettings): Promise<BoundImage> {
  const { system, variant, output } = settings;
  const folder = `${output}.files`;
  const earlier = earlierFiles(`${output}.image`, folder);
  const request = { asInterpreter: false, ...settings, outputs: [output], folder };
  const outcome = at(await buildVariant(variantOf(system, variant), [subject], request), 0);
  if ('failure' in outcome) throw named(outcome.failure, subject.program.invocation);
  const image = outcome.value;
  // A bind that wrote nothing leaves the earlier launcher in place, too.
  if (image.files.length > 0) removeEarlier(earlier, image.files, folder);
  const { modules, variables } = subject.program;
  return { ...image, modules, variables };
}

/**
 * Builds programs under each chosen system and measures them side by side, interleaved. What a system refuses, or fails at, is a
 * result like any other. Throws LinkonceError where a program itself cannot be read or executed, and where the
 * journal is another run's.
 */
export async function comparePrograms(
  requests: readonly CompareRequest[],
  settings: CompareSettings,
  onProgress: OnProgress = silent,
): Promise<Measurement> {
  const { choices, calls, stop = new AbortController().signal, learningSeconds, ...rest } = settings;
  const { programs, remarks } = await openPrograms(requests, { onProgress, stop, learningSeconds });
  const { journal, date, close } = await openJournalOf(programs, settings);
  const context = { journal, stop };
  try {
    const measurement = await measureSystems(programs, { ...rest, ...context, choices, date }, onProgress);
    const lab = calls && { ...calls, choices, ...context };
    const all = lab ? await addCalls(measurement, lab, onProgress) : measurement;
    return withCourseWarnings({ ...all, warnings: [...remarks, ...all.warnings] }, context);
  } finally {
    close();
  }
}

interface OpeningMeans {
  readonly onProgress: OnProgress;
  readonly stop: AbortSignal;
  readonly learningSeconds: number | undefined;
}

interface OpenedPrograms {
  readonly programs: readonly MeasureRequest[];
  /** Of how it was learnt what they open. */
  readonly remarks: readonly Warning[];
}

/** Programs with one path are one subject, whose captures are made once. */
async function openPrograms(
  requests: readonly CompareRequest[],
  means: OpeningMeans,
): Promise<OpenedPrograms> {
  // What is measured inherits this process's environment.
  const variables = linkerVariables(process.env);
  const read = requests.map((request) => ({
    ...request,
    subject: openProgram(request.name, means.onProgress, { variables }),
  }));
  const subjects = new Map<string, Subject>();
  const remarks: Warning[] = [];
  for (const [index, { subject }] of read.entries()) {
    const { invocation } = subject.program;
    if (subjects.has(invocation)) continue;
    const runs = read.filter((each) => each.subject.program.invocation === invocation);
    const learnt = await withLearnt(subject, runs, means);
    subjects.set(invocation, learnt.subject);
    remarks.push(
      ...learnt.remarks.map((message) => ({ kind: 'learning' as const, message, program: index })),
    );
  }
  const programs = read.map(({ subject: { program }, args, processes }) => ({
    subject: present(subjects.get(program.invocation), program.invocation),
    ...{ arguments: args, processes },
  }));
  return { programs, remarks };
}

/** The program with what it opens in these runs. */
async function withLearnt(
  subject: Subject,
  runs: readonly { readonly args: readonly string[] }[],
  { onProgress, stop, learningSeconds: seconds }: OpeningMeans,
): Promise<{ readonly subject: Subject; readonly remarks: readonly string[] }> {
  if (seconds === undefined) return { subject, remarks: [] };
  const { program } = subject;
  const choice = { runs: runs.map(({ args }) => args), seconds, named: [] };
  const means: ChoosingMeans = { onProgress, guard: (work) => work(stop) };
  const { modules, remarks } = await chooseWhereAble(program, choice, means);
  const { invocation, variables } = program;
  return { subject: openProgram(invocation, onProgress, { variables, opened: modules }), remarks };
}

async function openJournalOf(
  programs: readonly MeasureRequest[],
  { journalFile, ...settings }: CompareSettings,
): Promise<OpenJournal> {
  if (journalFile === undefined)
    return { journal: new Journal(), date: new Date().toISOString(), close: () => undefined };
  // zod takes 60 ms to load: only those who keep a journal pay for it.
  const { openJournal } = await import('./report/journal-file.ts');
  return openJournal(journalFile, describeRequest(programs, settings));
}

/**
 * Times calls between modules under each chosen system, and in a static link. The base line is among the choices. Throws
 * LinkonceError where there is no working C compiler.
 */
export async function compareCalls(
  settings: CallLabSettings,
  onProgress: OnProgress = silent,
): Promise<CallMeasurement> {
  onProgress('compiling the probe');
  const { modular, linked, distance } = await buildProbe();
  return measureCalls(
    { subject: openProgram(modular, onProgress), staticLink: linked, jumps: distance },
    settings,
    onProgress,
  );
}

/** Times jumps by the distance of their targets, in so many processes. Throws LinkonceError where there is no working C compiler. */
export async function compareJumps(
  rounds: number,
  onProgress: OnProgress = silent,
): Promise<readonly JumpsAtDistance[]> {
  onProgress('compiling the probe');
  const { distance } = await buildProbe();
  return measureJumps(distance, rounds, onProgress);
}

/** Starts a program under each chosen system, traced: how long it links, runs constructors, and runs itself. */
export function tracePhases(
  name: string,
  settings: PhaseSettings,
  onProgress: OnProgress = silent,
): Promise<StartPhases> {
  const variables = linkerVariables(process.env);
  return measurePhases(openProgram(name, onProgress, { variables }), settings, onProgress);
}

/** The call lab compares with the base line, which it has though nobody chose it. Where it fails a warning says why. */
async function addCalls(
  measurement: Measurement,
  { choices, journal, stop, ...settings }: CallLabSettings & StepContext,
  onProgress: OnProgress,
): Promise<Measurement> {
  const always = choices.some(isBaseLineChoice) ? [] : [await baseLineChoice()];
  const all = { ...settings, choices: [...always, ...choices], stop };
  const found = await runStep({ journal, stop }, { step: 'calls' }, () =>
    attempt(() => compareCalls(all, onProgress)),
  );
  if (found === undefined) return measurement;
  if ('value' in found) return { ...measurement, calls: found.value };
  const message = `calls between modules could not be timed: ${found.failure}`;
  return { ...measurement, warnings: [...measurement.warnings, { kind: 'calls', message }] };
}

function isBaseLineChoice({ system, variant }: SystemChoice): boolean {
  return isBaseLine({ system: system.id, variant });
}

async function baseLineChoice(): Promise<SystemChoice> {
  const { findSystem } = await import('./systems/registry.ts');
  const system = findSystem(baseLine.system);
  if (!system) throw new Error('the base line is not in the registry');
  return { system, variant: baseLine.variant };
}

/** Measures how the costs of each chosen system grow with modules, imports and processes of synthetic programs. */
export function compareGrowth(
  settings: ScaleLabSettings,
  onProgress: OnProgress = silent,
): Promise<ScaleMeasurement> {
  // The lab says itself which program it binds: the steps of a bind, thousands of them, would only hide that.
  const open = (file: string): Subject => openProgram(file, () => undefined);
  return measureScale(settings, open, onProgress);
}

/** Tries what linkonce needs of this machine: a small program is captured, bound and started, too. */
export async function examineMachine(): Promise<readonly Finding[]> {
  const { askEverything } = await import('./doctor/checks.ts');
  const { chooseSystem } = await import('./systems/choose.ts');
  const choice = chooseSystem('image');
  return askEverything({ bind: ({ program, ...rest }) => bindProgram(program, { ...choice, ...rest }) });
}

/**
 * Captures a program and says of every word that its linker wrote what it is made of. Throws LinkonceError where it cannot be
 * captured, or has a word that cannot be explained.
 */
export async function explainProgram(
  name: string,
  onProgress: OnProgress = silent,
  variables: Variables = [],
): Promise<Explained> {
  return openProgram(name, onProgress, { variables }).explained();
}

/** A program whose captures are made when first asked for, once for each order of its modules. */
export function openProgram(
  name: string,
  onProgress: OnProgress,
  options: Pick<LoadOptions, 'variables' | 'opened'> = {},
): ProgramSubject {
  onProgress('reading the modules');
  const program = loadProgram(name, options);
  const usual = movableModules(program).map(({ path }) => path);
  const known = new Map<string, Promise<Explained>>();
  const explain = (order: readonly string[]): Explained => {
    try {
      const captures = captureProgram(program, onProgress, inOrder(program, order));
      onProgress('explaining every word');
      return explainCaptures(captures);
    } catch (error) {
      throw named(error, program.invocation);
    }
  };
  const explained = (order?: readonly string[]): Promise<Explained> => {
    const [first] = known.values();
    if (order === undefined && first) return first;
    const key = (order ?? usual).join('\0');
    const value = known.get(key) ?? Promise.resolve().then(() => explain(order ?? usual));
    known.set(key, value);
    return value;
  };
  return { program, explained };
}
