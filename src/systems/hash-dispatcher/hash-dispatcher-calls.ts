/**
 * Dispatchers at bases that all agree on: a call names the entry that its function's name is hashed to. Stubs:
 *
 *   ff 25 02 00 00 00     jmp  *2(%rip)        the base is constant: the entry is code there
 *   66 90                 xchg %ax, %ax
 *   .quad                 entry
 *
 *   65 ff 24 25 disp32    jmp  *%gs:offset     %gs holds the lowest base: the entry is a word from there on
 *
 * Where there are several dispatchers, the hash of a module's name says through which one it calls, so that its copy is the same in
 * every program. Calls go there; jumps, and PLT slots, which a jump may have come through, go as compiled: an entry may have to ask for
 * the return address, which behind a jump is that of another caller; and whether it has to, the shared copy cannot know, since
 * that is another program's collision as well.
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
import type { Action } from '../../image/actions.ts';
import { action } from '../../image/actions.ts';
import { hashName } from '../../ranges/hash-name.ts';
import { Refusal } from '../../util/errors.ts';
import { at, present } from '../../util/present.ts';
import type { Address } from '../../util/units.ts';
import { hex } from '../../util/units.ts';
import { chooseEntries } from './choose-entries.ts';
import { describeUse, entryUse } from './describe-use.ts';
import type { Caller } from './resolvers.ts';
import type { Wants } from './separate-space.ts';
import { resolve } from './separate-space.ts';
import type { Leads } from './tables.ts';
import { codeTables, dispatcherSize, entryOffset, wordTables } from './tables.ts';

interface Dispatchers {
  /** Of the tables of each, ascending. */
  readonly bases: readonly Address[];
  /** Leads to what an entry leads to. */
  readonly stub: (entry: Address) => Buffer;
  readonly tables: (base: Address, used: ReadonlySet<number>, leads: Leads) => TableMemory[];
  readonly actions: readonly Action[];
}

/** The same for everyone, everywhere. */
export function constantDispatchers(bases: readonly Address[]): CallScheme {
  return scheme(() => ({ bases, stub: jumpWide, tables: codeTables, actions: [] }));
}

/** At any addresses, of which %gs holds the lowest. */
export function movableDispatchers(basesIn: (space: Address) => readonly Address[]): CallScheme {
  return scheme(({ base }) => {
    const bases = basesIn(base);
    const lowest = at(bases, 0, 'base');
    const stub = (entry: Address): Buffer => jumpThroughGs(entry - lowest);
    return { bases, stub, tables: wordTables, actions: [action('setGs', lowest)] };
  });
}

function scheme(dispatchersOf: (program: WiredProgram) => Dispatchers): CallScheme {
  return {
    clobbers: [],
    areaPlace: 'before',
    areaFile: 'module',
    areaFilled: 'bind',
    room: ({ imports }) => ({ area: areaSize(imports), numbers: 0 }),
    wire: (program) => wire(program, dispatchersOf(program)),
  };
}

function wire(program: WiredProgram, { bases, stub, tables, actions }: Dispatchers): Wiring {
  requireFree(program, bases);
  const importers = program.modules.map(({ name, imports, needed }) => ({
    symbols: imports.map(({ symbol }) => symbol),
    needed,
    dispatcher: hashName(name, bases.length),
  }));
  const chosen = chooseEntries(importers);
  const entryOf = (module: number, { symbol }: Import): Address => {
    const entry = present(at(chosen, module, 'module').entries.get(symbol), `entry of ${symbol}`);
    return at(bases, at(importers, module, 'module').dispatcher, 'base') + entryOffset(entry);
  };
  const modules = program.modules.map((module, index) =>
    stubArea(module, (each, at) => ({ code: stub(entryOf(index, each)), landing: callsOnly(at) })),
  );
  const wants = collectWants(program, entryOf);
  const { leads, memory, toldApart } = resolve(wants, program.base);
  const used = bases.map((_, dispatcher) => {
    const own = chosen.filter((_, index) => importers[index]?.dispatcher === dispatcher);
    return new Set(own.flatMap(({ entries }) => [...entries.values()].map(({ table }) => table)));
  });
  const entries = entryUse({ chosen, tables: used, used: wants.size, toldApart });
  return {
    modules,
    tables: [...bases.flatMap((base, index) => tables(base, at(used, index, 'tables'), leads)), ...memory],
    notes: [describeUse(entries, bases.length)],
    entries,
    actions,
  };
}

const callsOnly = (code: Address): Landing => ({ code, jumps: null });

/** What a person chose may be where an executable has its fixed addresses. */
function requireFree({ modules }: WiredProgram, bases: readonly Address[]): void {
  for (const base of bases) {
    const there = modules.find(({ start, end, area }) => {
      const first = Math.min(start, area.size > 0 ? area.address : start);
      return first < base + dispatcherSize && base < end;
    });
    if (there) throw new Refusal(`the dispatcher at ${hex(base)} would be where ${there.path} is`);
  }
}

function collectWants({ modules }: WiredProgram, entryOf: (module: number, each: Import) => Address): Wants {
  const wants = new Map<Address, Caller[]>();
  modules.forEach(({ imports, start, end }, index) => {
    for (const each of imports) {
      const entry = entryOf(index, each);
      const callers = wants.get(entry) ?? [];
      callers.push({ start, end, target: each.target });
      wants.set(entry, callers);
    }
  });
  return wants;
}
