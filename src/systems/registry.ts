/** All systems, in the order in which they are shown. A new one is a folder and a line here. */
import { gotPlt } from './got-plt/got-plt-system.ts';
import { image } from './image/image-system.ts';
import type { System } from './system.ts';

export const systems: readonly System[] = [gotPlt, image];

/** The system of that id, if there is one. */
export function findSystem(id: string): System | undefined {
  return systems.find((system) => system.id === id);
}
