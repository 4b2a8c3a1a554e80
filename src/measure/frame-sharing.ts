/** Who shares memory with whom: page frames by the processes that map them. */
import { pageSize } from '../util/units.ts';
import type { FrameSharing } from './measurement.ts';
import type { Frames } from './page-frames.ts';

/** The frames of one process, and which program it runs. */
export interface FrameHolder {
  readonly program: string;
  readonly frames: Frames;
}

/** What one or more processes map, in pages by who else of them maps it. */
type Sharing = 'oneProcess' | 'oneProgram' | 'severalPrograms';

interface Mappers {
  readonly program: string;
  sharing: Sharing;
}

/** Each frame counted once in `total`, and once in each process that maps it. */
export interface SharingReport {
  readonly total: FrameSharing;
  readonly processes: readonly FrameSharing[];
}

/** Classifies each frame by all its holders. Processes of other commands on the machine do not count as holders. */
export function classifyFrames(holders: readonly FrameHolder[]): SharingReport {
  const mappers = new Map<number, Mappers>();
  for (const { program, frames } of holders) for (const frame of frames) addMapper(mappers, frame, program);
  const kinds = (frames: Iterable<number>): FrameSharing => count(frames, mappers);
  return { total: kinds(mappers.keys()), processes: holders.map(({ frames }) => kinds(frames)) };
}

function addMapper(mappers: Map<number, Mappers>, frame: number, program: string): void {
  const known = mappers.get(frame);
  if (known === undefined) mappers.set(frame, { program, sharing: 'oneProcess' });
  else if (known.program !== program) known.sharing = 'severalPrograms';
  else if (known.sharing === 'oneProcess') known.sharing = 'oneProgram';
}

function count(frames: Iterable<number>, mappers: ReadonlyMap<number, Mappers>): FrameSharing {
  const pages = { oneProcess: 0, oneProgram: 0, severalPrograms: 0 };
  for (const frame of frames) pages[mappers.get(frame)?.sharing ?? 'oneProcess']++;
  const kb = (kind: Sharing): number => (pages[kind] * pageSize) / 1024;
  return {
    oneProcessKb: kb('oneProcess'),
    oneProgramKb: kb('oneProgram'),
    severalProgramsKb: kb('severalPrograms'),
  };
}
