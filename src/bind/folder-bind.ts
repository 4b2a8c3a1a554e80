/** Programs bound in files of their own: what `bind` and `compare` do. A store does more. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { defaultGap } from '../files/member-filing.ts';
import { placesName } from '../files/places-name.ts';
import type { Stock } from '../files/stock.ts';
import { countPathBeside } from '../image/hand-over-count.ts';
import type { Image } from '../image/image.ts';
import { writeImage } from '../image/write-image.ts';
import type { Blueprint } from '../provenance/explained.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import type { Placing } from '../ranges/place-programs.ts';
import {
  drawSpace,
  freshName,
  LeftToLinker,
  NoRoom,
  orderOf,
  placePrograms,
} from '../ranges/place-programs.ts';
import type { Outcome } from '../util/outcome.ts';
import { attemptLater } from '../util/outcome.ts';
import { at } from '../util/present.ts';
import { bindPrograms } from './bind-programs.ts';
import type { Subject } from './subject.ts';

/** What is written where. */
export interface FolderRequest {
  /** Path of each program's launcher; files of its own stand beside it and begin with its name. */
  readonly outputs: readonly string[];
  /** For files that programs share; it is created when one is written. */
  readonly folder: string;
  /** Write copies of the programs whose PT_INTERP is the loader, instead of launchers of their own. */
  readonly asInterpreter: boolean;
  /** Whether each launcher has a file beside it in which its hand-overs are counted, if somebody makes it; absent: no. */
  readonly isCounted?: boolean;
  /** Bits of the space in which modules have their addresses; absent: so many that there is always room. */
  readonly window?: number | undefined;
}

/**
 * One outcome for each subject, in their order. The failure is a Refusal where the arrangement cannot serve the program. Programs that
 * find no room beside the others are bound as a collection of their own, with other files.
 */
export async function bindInFolder(
  subjects: readonly Subject[],
  arrangement: Arrangement,
  request: FolderRequest,
): Promise<Outcome<Image>[]> {
  const { outcomes, noRoom } = await bindCollection(subjects, arrangement, request);
  if (noRoom.length === 0 || noRoom.length === subjects.length) return outcomes;
  const own = { ...request, outputs: noRoom.map((index) => at(request.outputs, index)) };
  const others = await bindInFolder(
    noRoom.map((index) => at(subjects, index)),
    arrangement,
    own,
  );
  return outcomes.map((outcome, index) => others[noRoom.indexOf(index)] ?? outcome);
}

interface BoundCollection {
  readonly outcomes: Outcome<Image>[];
  /** Indices of the subjects that find no room beside the others. */
  readonly noRoom: readonly number[];
}

async function bindCollection(
  subjects: readonly Subject[],
  arrangement: Arrangement,
  { outputs, folder, asInterpreter, isCounted = false, window }: FolderRequest,
): Promise<BoundCollection> {
  const space = drawSpace(arrangement, window);
  const programs = subjects.map(({ program }) => ({ name: path.basename(program.invocation), program }));
  const { outcomes, placing, added } = await bindPrograms({
    ...{ arrangement, space, gap: defaultGap, readers: 'everybody', grows: false },
    stock: { modules: [], runs: [] },
    newFile: (name) => {
      mkdirSync(folder, { recursive: true });
      return path.join(folder, freshName(name));
    },
    shown: { path: path.join(folder, placesName), files: folder },
    place: () => placePrograms(programs, arrangement, space),
    explain: (placing) => explainSubjects(subjects, arrangement, placing),
    write: ({ placed, composed }, index) => {
      const output = at(outputs, index);
      const countPath = isCounted ? countPathBeside(output) : undefined;
      const places = { output, imagePath: `${output}.image`, asInterpreter, countPath };
      return { ...writeImage(placed, composed, places), opened: placed.blueprint.opened };
    },
  });
  const shared = filesOf(added);
  return {
    outcomes: outcomes.map((outcome, index) => finish(outcome, at(subjects, index), shared)),
    noRoom: [...placing.failures].flatMap(([index, failure]) => (failure instanceof NoRoom ? [index] : [])),
  };
}

/** One after the other: ptrace keeps this process busy. */
async function explainSubjects(
  subjects: readonly Subject[],
  { files }: Arrangement,
  { failures, holdings }: Placing,
): Promise<Outcome<Blueprint>[]> {
  const outcomes: Outcome<Blueprint>[] = [];
  for (const [index, subject] of subjects.entries()) {
    const failure = failures.get(index);
    // Who shares no file can have its modules in any order.
    const order = () => (files === 'program' ? undefined : orderOf(subject.program, holdings));
    outcomes.push(failure ? { failure } : await attemptLater(() => subject.explained(order())));
  }
  return outcomes;
}

function filesOf({ modules, runs }: Stock): string[] {
  const files = [...modules, ...runs.map(({ place }) => place)].map(({ file }) => file.path);
  return [...new Set(files)];
}

/** With the files that it shares; a program that is left to the platform's linker is its own image. */
function finish(outcome: Outcome<Image>, { program }: Subject, shared: readonly string[]): Outcome<Image> {
  if ('value' in outcome) {
    const image = outcome.value;
    return { value: { ...image, files: [...image.files, ...shared] } };
  }
  const { failure } = outcome;
  if (!(failure instanceof LeftToLinker)) return outcome;
  return { value: { file: program.invocation, environment: {}, files: [], notes: [failure.note] } };
}
