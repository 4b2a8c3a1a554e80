/** Whether a start would run from an image here and now, for this user: asked of the launcher itself, which goes all the way. */
import { askLauncher, launcherOf } from '../image/ask-launcher.ts';
import type { HandOvers } from '../image/hand-over-count.ts';
import { readCount } from '../image/hand-over-count.ts';
import type { Launcher } from '../image/launcher-file.ts';
import { decodeLauncher } from '../image/launcher-file.ts';
import type { Environment, Obstacle } from '../image/obstacle.ts';
import { variablesDigest } from '../image/variables-digest.ts';
import { linkerVariables } from '../program/environment.ts';
import { loadProgram } from '../program/load-program.ts';
import { storeAround } from '../store/folder.ts';
import { otherStoreOf } from '../store/moved-store.ts';
import { LinkonceError } from '../util/errors.ts';
import type { FoundLauncher, Places } from './find-launcher.ts';
import { findLauncher } from './find-launcher.ts';

export type StartVerdict =
  | { readonly outcome: 'image'; readonly launcher: FoundLauncher; readonly image: string }
  | { readonly outcome: 'obstacle'; readonly launcher: FoundLauncher; readonly obstacle: Obstacle }
  /** There is no launcher. `refused`: why there can be none. */
  | { readonly outcome: 'not-bound'; readonly refused?: string };

export interface ExaminedStart {
  readonly verdict: StartVerdict;
  /** Where the launcher counts what it hands over; absent where it never did. */
  readonly handedOver?: HandOvers;
}

/** `file`: a launcher, or a program. */
export function examineStart(file: string, places: Places): ExaminedStart {
  const launcher = findLauncher(file, places);
  if (!launcher) return { verdict: unbound(file) };
  const environment = { ...process.env, ...launcher.environment };
  const asked = askLauncher(launcher.file, environment);
  const obstacle = asked && mendedAs(asked, launcher.file);
  const decoded = readLauncher(launcher.file);
  const handedOver = decoded && readCount(decoded.texts.count_path);
  return {
    verdict: obstacle
      ? { outcome: 'obstacle', launcher, obstacle }
      : { outcome: 'image', launcher, image: imageOf(decoded, environment) },
    ...(handedOver && handedOver.count > 0 && { handedOver }),
  };
}

/** What helps a store that was moved is not to bind its programs again one by one. */
function mendedAs(obstacle: Obstacle, file: string): Obstacle {
  const store = storeAround(file);
  const written = store && otherStoreOf(file, store);
  if (written === undefined) return obstacle;
  const help = `its store was written for ${written}: \`linkonce store update --store ${store}\` writes its paths anew, or show it there`;
  return { ...obstacle, help };
}

/** Undefined where it cannot be read. */
function readLauncher(file: string): Launcher | undefined {
  try {
    const bytes = launcherOf(file);
    return bytes && decodeLauncher(bytes);
  } catch (error) {
    if (!(error instanceof LinkonceError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

/** Of the form that the loader picks. */
function imageOf(launcher: Launcher | undefined, environment: Environment): string {
  const digest = variablesDigest(linkerVariables(environment));
  const form = launcher?.forms.find(({ variables }) => variables === digest);
  if (!form) throw new Error('a launcher that runs from an image that it does not name');
  return form.imagePath;
}

function unbound(file: string): StartVerdict {
  try {
    loadProgram(file, { variables: linkerVariables(process.env) });
    return { outcome: 'not-bound' };
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return { outcome: 'not-bound', refused: error.message };
  }
}
