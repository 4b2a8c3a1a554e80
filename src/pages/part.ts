import type { MapsLine } from '../capture/memory-map.ts';
import type { PageJudge } from './module-page.ts';
import type { Area } from './pages.ts';

/** A mapping, or that part of one that is one area, and of an image one module's. */
export interface Part {
  readonly line: MapsLine;
  readonly area: Area;
  readonly name: string;
  /** Absent for memory without a file, which is the program's whatever it holds. */
  readonly judge?: PageJudge;
  /** Of an image: the module whose memory it is; absent for the loader's, and the linker's own. */
  readonly module?: string;
}
