/** What `linkonce inspect --calls` shows: call sites of one file, or of all modules of a program with what they refer to. */
import path from 'node:path';
import type { CallSite, CallSiteKind, ModuleCalls } from '../calls/module-calls.ts';
import { readCalls } from '../calls/read-calls.ts';
import { crossReferencePairs, crossReferences } from '../calls/references.ts';
import type { CrossReference, CrossReferencePair } from '../calls/references.ts';
import type { ElfFile } from '../elf/elf-file.ts';
import { isLibrary } from '../elf/is-library.ts';
import { readElf } from '../elf/read-elf.ts';
import { loadProgram } from '../program/load-program.ts';
import type { Module, Program } from '../program/program.ts';
import { statusOf } from '../util/status.ts';

export const siteKinds = ['call', 'jump', 'conditional-jump', 'slot-call', 'slot-jump'] as const;
export type SiteCounts = Readonly<Record<CallSiteKind, number>>;

export interface ProgramCalls {
  readonly program: Program;
  readonly modules: readonly { readonly module: Module; readonly calls: ModuleCalls }[];
  readonly references: readonly CrossReference[];
  readonly pairs: readonly CrossReferencePair[];
}

/** A program by its path or its name in PATH; undefined for a library, and for a file that is no dynamic program. */
export function programCalls(typed: string): ProgramCalls | undefined {
  const isFile = statusOf(typed)?.isFile() === true;
  if (isFile) {
    const elf = readElf(typed);
    if (elf.interpreter === undefined || isLibrary(elf)) return undefined;
  }
  const program = loadProgram(isFile ? path.resolve(typed) : typed);
  const modules = program.modules.map((module) => ({ module, calls: readCalls(module.elf) }));
  const references = crossReferences(program);
  return { program, modules, references, pairs: crossReferencePairs(references) };
}

export function countSites(sites: readonly CallSite[]): SiteCounts {
  const counts = { call: 0, jump: 0, 'conditional-jump': 0, 'slot-call': 0, 'slot-jump': 0 };
  for (const { kind } of sites) counts[kind]++;
  return counts;
}

/** What the function of a slot is called in its file. */
export function slotName({ symbols }: ElfFile, { slots }: ModuleCalls, slot: number): string {
  const index = slots.get(slot) ?? 0;
  if (index === 0) return `IFUNC of its own, slot 0x${slot.toString(16)}`;
  const { name, version } = symbols.at(index);
  return version ? `${name}@${version.name}` : name;
}

/** Addresses are numbers, modules their paths. */
export function programCallsJson({ program, modules, references, pairs }: ProgramCalls): object {
  return {
    program: program.path,
    modules: modules.map(({ module, calls }) => ({
      ...{ name: module.name, path: module.path, slots: calls.slots.size, pltSlots: calls.plt.length },
      ...{ sites: countSites(calls.sites), left: calls.left },
    })),
    references: references.map(({ symbol: { name, version }, ...reference }) => ({
      ...{ ...reference, from: reference.from.path, to: reference.to.path },
      ...{ symbol: name, version: version?.name ?? null },
    })),
    pairs: pairs.map((pair) => ({ ...pair, from: pair.from.path, to: pair.to.path })),
  };
}

/** Every site of one file. */
export function fileCallsJson(elf: ElfFile): object {
  const calls = readCalls(elf);
  const { sites, slots, plt, left } = calls;
  return {
    ...{ path: elf.path, slots: slots.size, pltSlots: plt.length, left },
    sites: sites.map((site) => ({ ...site, symbolName: slotName(elf, calls, site.slot) })),
  };
}
