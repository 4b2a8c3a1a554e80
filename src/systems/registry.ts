/** All systems, in the order in which they are shown. A new one is a folder and a line here. */
import { gotPlt } from './got-plt/got-plt-system.ts';
import { fixed } from './fixed/fixed-system.ts';
import { image } from './image/image-system.ts';
import { install } from './install/install-system.ts';
import { prelink } from './prelink/prelink-system.ts';
import { rebaseStartup } from './rebase-startup/rebase-startup-system.ts';
import type { System } from './system.ts';

export const systems: readonly System[] = [gotPlt, prelink, rebaseStartup, fixed, install, image];

/** The system of that id, if there is one. */
export function findSystem(id: string): System | undefined {
  return systems.find((system) => system.id === id);
}
