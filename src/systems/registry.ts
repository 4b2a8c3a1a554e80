/** All systems, in the order in which they are shown. A new one is a folder and a line here. */
import { gotPlt } from './got-plt/got-plt-system.ts';
import { fixed } from './fixed/fixed-system.ts';
import { dispatcher } from './dispatcher/dispatcher-system.ts';
import { hashAddress } from './hash-address/hash-address-system.ts';
import { hashDispatcher } from './hash-dispatcher/hash-dispatcher-system.ts';
import { image } from './image/image-system.ts';
import { importPage } from './import-page/import-page-system.ts';
import { install } from './install/install-system.ts';
import { offsetTable } from './offset-table/offset-table-system.ts';
import { prelink } from './prelink/prelink-system.ts';
import { rebasePageIn } from './rebase-page-in/rebase-page-in-system.ts';
import { rebaseStartup } from './rebase-startup/rebase-startup-system.ts';
import type { System } from './system.ts';

/** All twelve: the seven common ones, then the five solutions. */
export const systems: readonly System[] = [
  gotPlt,
  prelink,
  rebaseStartup,
  rebasePageIn,
  fixed,
  install,
  dispatcher,
  image,
  offsetTable,
  hashAddress,
  hashDispatcher,
  importPage,
];

/** The system of that id, if there is one. */
export function findSystem(id: string): System | undefined {
  return systems.find((system) => system.id === id);
}
