/**
 * A dispatcher at a base that all agree on: a call names the entry that its function's name is hashed to. Stubs:
 *
 *   ff 25 02 00 00 00     jmp  *2(%rip)        the base is constant: the entry is code there
 *   66 90                 xchg %ax, %ax
 *   .quad                 entry
 *
 *   65 ff 24 25 disp32    jmp  *%gs:offset     %gs holds the base: the entry is a word there
 *
 * Calls go there; jumps, and PLT slots, which a jump may have come through, go as compiled, since an entry may have to ask for
 * the return address.
 */
import type {
  CallScheme,
  Import,
  Landing,
  TableMemory,
  Wiring,
  WiredProgram,
} from '../../calls/call-scheme.ts';
import { jumpThroughGs, jumpWide } from '../../calls/machine-code.ts';
import { areaSize, stubArea } from '../../calls/stub-area.ts';
import { action } from '../../image/actions.ts';
import type { EntryUse } from '../../image/entry-use.ts';
import { PROT } from '../../image/pieces.ts';
import { entriesOf } from '../../models/dispatcher-tables.ts';
import { at, present } from '../../util/present.ts';
import type { Address } from '../../util/units.ts';
import { roundUp } from '../../util/units.ts';
import type { Chosen } from './choose-entries.ts';
import { chooseEntries } from './choose-entries.ts';
import type { Caller } from './resolvers.ts';
import { resolverCode, resolverSize } from './resolvers.ts';
import { codeTables, entryOffset, resolverOffset, wordTables } from './tables.ts';

interface Base {
  /** Of the tables. */
  readonly address: Address;
  readonly stub: (offset: number) => Buffer;
  readonly isThroughGs: boolean;
}

/** The same for everyone, everywhere. */
export function constantDispatcher(address: Address): CallScheme {
  return scheme(() => ({ address, stub: (offset) => jumpWide(address + offset), isThroughGs: false }));
}

/** At any address, which %gs holds. */
export function movableDispatcher(addressOf: (space: Address) => Address): CallScheme {
  return scheme(({ base }) => ({ address: addressOf(base), stub: jumpThroughGs, isThroughGs: true }));
}

function scheme(baseOf: (program: WiredProgram) => Base): CallScheme {
  return {
    clobbers: [],
    areaPlace: 'before',
    areaFile: 'module',
    areaFilled: 'bind',
    room: ({ imports }) => ({ area: areaSize(imports), numbers: 0 }),
    wire: (program) => wire(program, baseOf(program)),
  };
}

function wire(program: WiredProgram, base: Base): Wiring {
  const importers = program.modules.map(({ imports, needed }) => ({
    symbols: imports.map(({ symbol }) => symbol),
    needed,
  }));
  const chosen = chooseEntries(importers);
  const offsetOf = (module: number, { symbol }: Import): number => {
    const { entries } = at(chosen, module, 'module');
    return entryOffset(present(entries.get(symbol), `entry of ${symbol}`));
  };
  const modules = program.modules.map((module, index) =>
    stubArea(module, (each, at) => ({ code: base.stub(offsetOf(index, each)), landing: callsOnly(at) })),
  );
  const wants = collectWants(program, offsetOf);
  const resolved = resolve(wants, base.address);
  const used = new Set(chosen.flatMap(({ entries }) => [...entries.values()].map(({ table }) => table)));
  const entries = entryUse(used, wants.size, chosen, resolved.collisions);
  return {
    modules,
    tables: [...tablesOf(base, used, resolved.words), ...resolved.memory],
    notes: [describe(entries)],
    entries,
    actions: base.isThroughGs ? [action('setGs', base.address)] : [],
  };
}

function tablesOf(
  { address, isThroughGs }: Base,
  used: ReadonlySet<number>,
  words: ReadonlyMap<number, Address>,
): TableMemory[] {
  return isThroughGs ? wordTables(address, used, words) : codeTables(address, used, words);
}

const callsOnly = (code: Address): Landing => ({ code, jumps: null });

/** By an entry's offset: which module wants which function there. */
type Wants = ReadonlyMap<number, readonly Caller[]>;

function collectWants({ modules }: WiredProgram, offsetOf: (module: number, each: Import) => number): Wants {
  const wants = new Map<number, Caller[]>();
  modules.forEach(({ imports, start, end }, index) => {
    for (const each of imports) {
      const offset = offsetOf(index, each);
      const callers = wants.get(offset) ?? [];
      callers.push({ start, end, target: each.target });
      wants.set(offset, callers);
    }
  });
  return wants;
}

interface Resolved {
  /** What each entry's word holds. */
  readonly words: ReadonlyMap<number, Address>;
  readonly memory: readonly TableMemory[];
  /** Entries with a resolver. */
  readonly collisions: number;
}

/** An entry leads to its function, or to what tells its callers apart. */
function resolve(wants: Wants, base: Address): Resolved {
  const start = base + resolverOffset;
  const words = new Map<number, Address>();
  const parts: Buffer[] = [];
  let next = start;
  for (const [offset, callers] of wants) {
    requireTellable(callers);
    const targets = new Set(callers.map(({ target }) => target));
    const [only] = targets;
    if (targets.size === 1 && only !== undefined) words.set(offset, only);
    else {
      words.set(offset, next);
      parts.push(resolverCode(callers));
      next += resolverSize(callers.length);
    }
  }
  const bytes = Buffer.concat([...parts, Buffer.alloc(roundUp(next - start) - (next - start))]);
  const memory = { address: start, bytes, protection: PROT.read | PROT.execute };
  return { words, memory: parts.length > 0 ? [memory] : [], collisions: parts.length };
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

/** How full the tables are. */
function entryUse(
  tables: ReadonlySet<number>,
  used: number,
  chosen: readonly Chosen[],
  toldApart: number,
): EntryUse {
  const names = chosen.flatMap(({ entries }) => [...entries.keys()]);
  const sum = (of: (one: Chosen) => number): number => chosen.reduce((all, each) => all + of(each), 0);
  return {
    imports: names.length,
    functions: new Set(names).size,
    used,
    room: [...tables].reduce((all, table) => all + entriesOf(table), 0),
    againInModule: sum(({ again }) => again.inModule),
    againForDependencies: sum(({ again }) => again.forDependencies),
    toldApart,
  };
}

function describe({ used, room, againInModule, againForDependencies, toldApart }: EntryUse): string {
  const part = (of: number, all: number): string => `${((100 * of) / Math.max(all, 1)).toFixed(1)} %`;
  return (
    `dispatcher: ${String(used)} of ${String(room)} entries used (${part(used, room)}); names hashed again: ` +
    `${String(againInModule)} times within a module, ${String(againForDependencies)} times for known dependencies; ` +
    `${String(toldApart)} entries (${part(toldApart, used)}) told apart by the return address`
  );
}
