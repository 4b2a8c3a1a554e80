/**
 * Where what tells the callers of an entry apart stands: a space of its own, away from all dispatchers, at an address that is drawn as
 * those of modules are. An entry that one function has leads to it; one that several want leads into the separate space.
 */
import type { TableMemory } from '../../calls/call-scheme.ts';
import { PROT } from '../../image/pieces.ts';
import { Refusal } from '../../util/errors.ts';
import type { Address } from '../../util/units.ts';
import { roundUp } from '../../util/units.ts';
import type { Caller } from './resolvers.ts';
import { resolverCode, resolverSize } from './resolvers.ts';
import type { Leads } from './tables.ts';

/** Bytes: the 2,133 entries of ffmpeg's 214 libraries that are told apart take 848 KiB. */
export const separateRoom = 0x80_0000;

/** By an entry's address: which module wants which function there. */
export type Wants = ReadonlyMap<Address, readonly Caller[]>;

export interface Resolved {
  readonly leads: Leads;
  readonly memory: readonly TableMemory[];
  /** Entries that lead into the separate space. */
  readonly toldApart: number;
}

/** `start`: of the separate space. Throws Refusal where more is to be told apart than it has room for. */
export function resolve(wants: Wants, start: Address): Resolved {
  const leads = new Map<Address, Address>();
  const parts: Buffer[] = [];
  let next = start;
  for (const [entry, callers] of wants) {
    requireTellable(callers);
    const targets = new Set(callers.map(({ target }) => target));
    const [only] = targets;
    if (targets.size === 1 && only !== undefined) leads.set(entry, only);
    else {
      leads.set(entry, next);
      parts.push(resolverCode(callers));
      next += resolverSize(callers.length);
    }
  }
  const size = roundUp(next - start);
  if (size > separateRoom) throw new Refusal('more functions share entries than there is room to tell apart');
  const bytes = Buffer.concat([...parts, Buffer.alloc(size - (next - start))]);
  const memory = { address: start, bytes, protection: PROT.read | PROT.execute };
  return { leads, memory: parts.length > 0 ? [memory] : [], toldApart: parts.length };
}

/** The return address tells modules apart, not the functions of one. */
function requireTellable(callers: readonly Caller[]): void {
  const targets = new Map<Address, Address>();
  for (const { start, target } of callers) {
    if ((targets.get(start) ?? target) !== target)
      throw new Error('two functions of a module share an entry');
    targets.set(start, target);
  }
}
