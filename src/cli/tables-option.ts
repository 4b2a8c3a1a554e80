/** `--base`: where a system has its tables, in a launcher of its own or in a store. */
import { addresses } from './options.ts';

export const tablesOption = [
  '--base <address>',
  "where the system's tables go, where it can move them; may be repeated: so many dispatchers",
  addresses,
] as const;
