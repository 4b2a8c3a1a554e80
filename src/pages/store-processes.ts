/**
 * Running processes of a store that no longer are what the store would start now: their image is of an older generation, or files
 * that they were made of are others by now. Such a process goes on as it was; who wants the new files starts it again. The plan is
 * read from the process's own memory, since its file may be gone. docs/formats/processes.md.
 */
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { MapsLine } from '../capture/memory-map.ts';
import { readMaps } from '../capture/memory-map.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { decodePlan } from '../image/plan.ts';
import { planHeader, planMagic, planOffset } from '../image/plan-layout.ts';
import { requireCatalogue } from '../store/catalogue.ts';
import { names } from '../store/folder.ts';
import { attempt } from '../util/outcome.ts';
import { decodeWide } from '../util/structure.ts';
import type { ChangedFile } from './changed-files.ts';
import { changedFiles } from './changed-files.ts';
import { rootOf } from './files.ts';
import { ProcessMemory } from './process-memory.ts';
import { startOf } from './process-state.ts';

/** Of the format. */
export const processesVersion = 1;

/** A running process whose image is, or was, one of the store. */
export interface StoreProcess {
  readonly pid: number;
  /** The program's path at bind. */
  readonly program: string;
  /** When it was started. */
  readonly started: Date;
  /** Whether its image is one that the store would start now. */
  readonly current: boolean;
  /** What it was made of, and is another file by now; absent where another version of linkonce bound it. */
  readonly changed?: readonly ChangedFile[];
}

/** Processes of a store that go on with what they started with. */
export interface ProcessesReport {
  readonly format: 'linkonce-processes';
  readonly version: typeof processesVersion;
  readonly store: string;
  /** By number; where not all are wanted, those that are not current, or have changed files. */
  readonly processes: readonly StoreProcess[];
  /** How many could not be looked at: those of other users. */
  readonly hidden: number;
}

/** Throws LinkonceError where there is no store. `isAll`: also those that are as a start now would be. */
export function listProcesses(store: string, isAll = false): ProcessesReport {
  const { programs } = requireCatalogue(store);
  const files = path.join(realpathSync(store), names.files);
  const images = new Set(programs.map(({ image }) => path.join(files, image)));
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.map((pid) => processOf(Number(pid), files, images));
  const processes = found.filter((each) => typeof each === 'object');
  return {
    ...{ format: 'linkonce-processes', version: processesVersion, store },
    processes: processes.filter(
      ({ current, changed }) => isAll || !current || (changed !== undefined && changed.length > 0),
    ),
    hidden: found.filter((each) => each === 'hidden').length,
  };
}

/** Undefined for one that is none of the store's, or has ended meanwhile. */
function processOf(
  pid: number,
  files: string,
  images: ReadonlySet<string>,
): StoreProcess | 'hidden' | undefined {
  try {
    const lines = readMaps(pid).filter(({ name }) => name.startsWith('/'));
    const own = lines.filter(
      ({ name, offset }) => planOffsets.includes(offset) && path.dirname(name) === files,
    );
    return own.length === 0 ? undefined : lookAt(pid, lines, own, images);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['EACCES', 'EPERM'].includes(code)) return 'hidden';
    if (['ENOENT', 'ESRCH'].includes(code)) return undefined;
    throw error;
  }
}

/** `own`: mappings that may begin with a plan. */
function lookAt(
  pid: number,
  lines: readonly MapsLine[],
  own: readonly MapsLine[],
  images: ReadonlySet<string>,
): StoreProcess | undefined {
  const memory = new ProcessMemory(pid);
  const isForeign = (line: MapsLine): boolean => !own.includes(line);
  try {
    const image = own.find(({ start }) => memory.read(start, magicSize)?.readBigUInt64LE(0) === planMagic);
    if (image === undefined) return undefined;
    const plan = planAt(image, memory);
    return {
      pid,
      program: plan?.text(plan.header.program_path) ?? readlinkSync(`/proc/${String(pid)}/exe`),
      started: startOf(pid),
      current: plan !== undefined && images.has(image.name),
      ...(plan && { changed: changedFiles(plan, lines.filter(isForeign), rootOf(pid)) }),
    };
  } finally {
    memory.close();
  }
}

const magicSize = 8;
/** Before version 9 images began with it. */
const planOffsets = [planOffset, 0];

/** Undefined for that of another version of linkonce. */
function planAt({ start, name }: MapsLine, memory: ProcessMemory): DecodedPlan | undefined {
  const head = memory.read(start, planHeader.size);
  const bytes = head && memory.read(start, Number(decodeWide(planHeader, head, 0).tables_size));
  const plan = bytes && attempt(() => decodePlan(bytes, name));
  return plan && 'value' in plan ? plan.value : undefined;
}
