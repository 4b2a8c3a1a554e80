/** Builds programs under an arrangement, in files of their own: what `compare` and `bind` do. A store does more. */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Image } from '../image/image.ts';
import { writeImage } from '../image/write-image.ts';
import type { Blueprint } from '../provenance/explained.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import { layOut } from '../files/lay-out.ts';
import { placesName } from '../files/places-name.ts';
import { defaultGap } from '../files/member-filing.ts';
import { requireMovable } from '../ranges/movable.ts';
import type { Placing, PlacingFailure } from '../ranges/place-programs.ts';
import { drawSpace, freshName, orderOf, placePrograms } from '../ranges/place-programs.ts';
import type { Subject } from './subject.ts';

/** What is written where. */
export interface CollectionRequest {
  /** Path of each program's launcher; files of its own stand beside it and begin with its name. */
  readonly outputs: readonly string[];
  /** For files that programs share; it is created when one is written. */
  readonly folder: string;
  /** Write copies of the programs whose PT_INTERP is the loader, instead of launchers of their own. */
  readonly asInterpreter: boolean;
  /** Bits of the space in which modules have their addresses; absent: so many that there is always room. */
  readonly window?: number | undefined;
}

/** The failure is a Refusal where the system cannot serve the program. */
export type CollectionOutcome = { readonly image: Image } | { readonly failure: LinkonceError };

/** One outcome for each subject, in their order. */
export async function buildCollection(
  subjects: readonly Subject[],
  arrangement: Arrangement,
  request: CollectionRequest,
): Promise<CollectionOutcome[]> {
  const space = drawSpace(arrangement, request.window);
  const programs = subjects.map(({ program }) => ({ name: path.basename(program.invocation), program }));
  const placing = placePrograms(programs, arrangement, space);
  const outcomes = new Map<number, CollectionOutcome>();
  for (const [index, failure] of placing.failures) outcomes.set(index, toOutcome(failure, subjects[index]));
  const ready = await explainAll(subjects, arrangement, placing, outcomes);
  const laidOut = layOut({
    blueprints: ready.map(({ blueprint }) => blueprint),
    arrangement,
    space,
    ...placing,
    stock: { modules: [], runs: [] },
    newFile: (name) => {
      mkdirSync(request.folder, { recursive: true });
      return path.join(request.folder, freshName(name));
    },
    loader: readFileSync(nativePart('loader.bin')),
    shown: { path: path.join(request.folder, placesName), files: request.folder },
    gap: defaultGap,
  });
  const shared = [
    ...new Set(
      [...laidOut.added.modules, ...laidOut.added.runs.map(({ place }) => place)].map(
        ({ file }) => file.path,
      ),
    ),
  ];
  laidOut.programs.forEach((program, position) => {
    const { index } = ready[position] ?? { index: -1 };
    if ('failure' in program) {
      outcomes.set(index, program);
      return;
    }
    const { placed, composed } = program;
    const output = request.outputs[index] ?? '';
    outcomes.set(
      index,
      attempt(() => {
        const { asInterpreter } = request;
        const image = writeImage(placed, composed, { output, imagePath: `${output}.image`, asInterpreter });
        return { ...image, files: [...image.files, ...shared] };
      }),
    );
  });
  return subjects.map((_, index) => {
    const outcome = outcomes.get(index);
    if (!outcome) throw new Error('a program without an outcome');
    return outcome;
  });
}

/** A program whose modules collide is run by the platform's linker, where its system says so. */
function toOutcome(failure: PlacingFailure, subject: Subject | undefined): CollectionOutcome {
  if ('error' in failure) return { failure: failure.error };
  const file = subject?.program.invocation ?? '';
  const note = `relocated at each start by the platform's linker: ${failure.relocatedAtStart}`;
  return { image: { file, environment: {}, files: [], notes: [note] } };
}

interface Ready {
  readonly index: number;
  readonly blueprint: Blueprint;
}

async function explainAll(
  subjects: readonly Subject[],
  arrangement: Arrangement,
  placing: Placing,
  outcomes: Map<number, CollectionOutcome>,
): Promise<Ready[]> {
  const ready: Ready[] = [];
  for (const [index, subject] of subjects.entries()) {
    if (outcomes.has(index)) continue;
    try {
      const blueprint = await subject.explained(orderOf(subject.program, placing.holdings));
      requireMovable(blueprint, arrangement);
      ready.push({ index, blueprint });
    } catch (error) {
      if (!(error instanceof LinkonceError)) throw error;
      outcomes.set(index, { failure: error });
    }
  }
  return ready;
}

function attempt(build: () => Image): CollectionOutcome {
  try {
    return { image: build() };
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return { failure: error };
  }
}
