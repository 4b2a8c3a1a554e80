/** What a module's file says of calls from it and to it. Modules are read once, and only this is kept of them. */
import { SHN, STB, STT } from '../elf/constants.ts';
import type { ElfFile, ElfSymbol } from '../elf/elf-file.ts';
import { readElf } from '../elf/read-elf.ts';
import type { ModuleFacts } from '../program/facts.ts';
import { sameIdentity } from '../program/file-identity.ts';
import type { FileIdentity } from '../program/program.ts';
import type { Vaddr } from '../util/units.ts';
import type { RoomRequest } from './call-scheme.ts';
import type { ModuleCalls } from './module-calls.ts';
import { readCalls } from './read-calls.ts';

export interface ModuleReach {
  readonly calls: ModuleCalls;
  /** Of call sites and PLT slots, by the GOT slot that they go through. */
  readonly sites: ReadonlyMap<Vaddr, readonly Vaddr[]>;
  /** Names of the slots' symbols, with their versions; empty for an IFUNC of the module's own. */
  readonly names: ReadonlyMap<Vaddr, string>;
  /** Values of the functions and IFUNCs that other modules can call, ascending, each once. */
  readonly functions: readonly Vaddr[];
  /** IFUNCs among these, by name with version. */
  readonly ifuncs: ReadonlyMap<string, Vaddr>;
  /** Where its PLT sections are: a slot that leads there is still lazy. */
  readonly plt: readonly { readonly start: Vaddr; readonly end: Vaddr }[];
  /** DT_NEEDED. */
  readonly needed: readonly string[];
}

const known = new Map<string, { readonly identity: FileIdentity; readonly reach: ModuleReach }>();

/** Throws ElfError, and whatever reading a file throws. */
export function moduleReach({ path, identity }: ModuleFacts): ModuleReach {
  const before = known.get(path);
  if (before && sameIdentity(before.identity, identity)) return before.reach;
  const reach = reachOf(readElf(path));
  known.set(path, { identity, reach });
  return reach;
}

function reachOf(elf: ElfFile): ModuleReach {
  const calls = readCalls(elf);
  const names = [...calls.slots].map(
    ([slot, symbol]) => [slot, symbol === 0 ? '' : nameOf(elf.symbols.at(symbol))] as const,
  );
  const exported = exportedFunctions(elf);
  const values = new Set(exported.map(({ value }) => value));
  const ifuncs = exported.filter(({ type }) => type === STT.GNU_IFUNC);
  return {
    calls,
    sites: sitesBySlot(calls),
    names: new Map(names),
    functions: [...values].sort((a, b) => a - b),
    ifuncs: new Map(ifuncs.map((symbol) => [nameOf(symbol), symbol.value])),
    plt: elf.sections
      .filter(({ name }) => name === '.plt' || name.startsWith('.plt.'))
      .map(({ address, size }) => ({ start: address, end: address + size })),
    needed: elf.dynamic?.needed ?? [],
  };
}

function exportedFunctions({ symbols }: ElfFile): ElfSymbol[] {
  return Array.from({ length: symbols.count }, (_, index) => symbols.at(index)).filter(
    ({ type, binding, sectionIndex }) =>
      (type === STT.FUNC || type === STT.GNU_IFUNC || type === STT.NOTYPE) &&
      binding !== STB.LOCAL &&
      sectionIndex !== SHN.UNDEF &&
      sectionIndex !== SHN.ABS,
  );
}

function nameOf({ name, version }: ElfSymbol): string {
  return version ? `${name}@${version.name}` : name;
}

/** What a scheme needs to know before modules have addresses. `start`: of its first page. */
export function roomRequest(
  { calls, sites, functions }: ModuleReach,
  { start, alignment }: { readonly start: Vaddr; readonly alignment: number },
): RoomRequest {
  return {
    imports: calls.slots.size,
    functions: functions.length,
    sites: [...calls.slots.keys()].map((slot) => (sites.get(slot) ?? []).map((site) => site - start)),
    alignment,
  };
}

/** By slot: addresses of the call sites that go through it, and of the PLT slots. */
function sitesBySlot({ sites, plt }: ModuleCalls): Map<Vaddr, Vaddr[]> {
  const bySlot = new Map<Vaddr, Vaddr[]>();
  const add = (slot: Vaddr, address: Vaddr): void => {
    const known = bySlot.get(slot);
    if (known) known.push(address);
    else bySlot.set(slot, [address]);
  };
  for (const { slot, address } of sites) add(slot, address);
  for (const { gotSlot, address } of plt) add(gotSlot, address);
  return bySlot;
}
