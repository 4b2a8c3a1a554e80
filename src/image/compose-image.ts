/** Decides where everything of an image stands: plan, loader, memory of the modules, heap. */
import type { EntryUse } from './entry-use.ts';
import type { FileRange } from '../elf/tool-view.ts';
import { nameRanges, toolParts } from '../elf/tool-view.ts';
import type { Blueprint, ProcessWord } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import type { MovedPages } from '../provenance/materialize.ts';
import { materialize } from '../provenance/materialize.ts';
import { at } from '../util/present.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { pageSize, roundDown, roundUp } from '../util/units.ts';
import type { Action } from './actions.ts';
import { registrationActions, unwindActions } from './actions.ts';
import type { Backing } from './backing.ts';
import { pathOfBacking } from './backing.ts';
import type { CodeFrame } from './code-frames.ts';
import { frameTables } from './code-frames.ts';
import type { Filing } from './filing.ts';
import type { FixUps } from './fix-ups.ts';
import { collectFixUps } from './fix-ups.ts';
import { makePlan } from './make-plan.ts';
import type { MemoryPlan, OwnPart } from './memory-plan.ts';
import { planMemory } from './memory-plan.ts';
import { fileRange, headCode, piecesCode, segmentFlags } from './named-code.ts';
import type { Piece, Protections } from './pieces.ts';
import { PROT, collectPieces } from './pieces.ts';
import type { Places } from './places.ts';
import { openedTable } from './opened-table.ts';
import { installOpener, relocationTablesSize } from './opener.ts';
import { decodePlan, encodePlan } from './plan.ts';
import { digestsSize } from './digests.ts';
import { operations, planOffset } from './plan-layout.ts';
import type { Step } from './steps.ts';
import type { Moves, PlanRegions } from './regions.ts';
import { planRegions } from './regions.ts';
import type { Thunks } from './thunks.ts';
import { imageThunks, thunksCode, thunksSize } from './thunks.ts';

export interface Placement {
  readonly layout: Layout;
  /** Where plan and loader end. The loader is at the same address in all programs with the same one of this. */
  readonly headEnd: Address;
  readonly protections: Protections;
  /** See image/pieces.ts. */
  readonly freshZero: number;
  /** Whether a range that is taken ends the start with an error, instead of handing over. */
  readonly endOnCollision: boolean;
  readonly moves: Moves;
  /** Absent where memory is relocated at bind. */
  readonly places?: Places | undefined;
}

/** A program's memory at its addresses, not yet spread over files. */
export interface PlacedMemory extends Placement {
  readonly blueprint: Blueprint;
  readonly regions: PlanRegions;
  readonly pieces: readonly Piece[];
  readonly thunks: Thunks;
  readonly loader: Buffer;
  /** The heap's pages from the break upwards. */
  readonly heap: readonly Buffer[];
  /** What each start does once all of that is there. */
  readonly actions: readonly Action[];
  /** Of code that a system wrote, and that is no module's. */
  readonly frames?: readonly CodeFrame[];
  /** Absent where calls go as compiled. */
  readonly calls?: CallCounts;
}

/** How many call sites and PLT slots of a program go where. */
export interface CallCounts {
  /** As the system has it. */
  readonly changed: number;
  /** Straight to functions of the same module. */
  readonly own: number;
  /** As compiled: lazy, into the vdso, or out of reach. */
  readonly left: number;
  /** What a person should know beside. */
  readonly notes: readonly string[];
  /** Of tables that are filled by hashes; absent where there are none. */
  readonly entries?: EntryUse;
}

export interface Composed {
  /** The plan's bytes, whole pages; they stand at `planOffset` of the file and at `planAddress`. */
  readonly plan: Buffer;
  /** What the opener knows; it follows the plan in the file and in memory. */
  readonly opened: Buffer;
  /** The loader and what stands behind it; it follows that. */
  readonly code: Buffer;
  readonly planAddress: Address;
  /** Bytes that the launcher maps by its first call. */
  readonly headSize: number;
  readonly layout: Layout;
  /** Paths of the shared files that are mapped. */
  readonly backings: readonly string[];
  /** What stands where in the file behind plan and loader. */
  readonly contents: readonly OwnPart[];
  readonly fixUps: { readonly offset: FileOffset; readonly bytes: Buffer };
  readonly heap: { readonly offset: FileOffset; readonly pages: readonly Buffer[] };
  /** What makes the file an ELF file: elf/tool-view.ts. */
  readonly tools: { readonly head: Buffer; readonly tables: Buffer; readonly offset: FileOffset };
  /** Where the digests stand, to the end of the file: digests.ts. */
  readonly digestsOffset: FileOffset;
  readonly fileSize: number;
}

/** `loader`: native/loader.bin. */
export function placeMemory(blueprint: Blueprint, placement: Placement, loader: Buffer): PlacedMemory {
  const { layout, headEnd, moves } = placement;
  const size = loaderSize(blueprint, loader);
  const thunksAddress = headEnd - size + loader.length;
  const thunks = imageThunks(blueprint, layout, thunksAddress);
  const linked = materialize(blueprint, layout);
  const tables = headEnd - size - relocationTablesSize(blueprint);
  const moved =
    thunks.opener === undefined
      ? linked
      : installOpener(blueprint, layout, linked, { opener: thunksAddress + thunks.opener, tables });
  for (const { address, region, thunk } of thunks.slots) setWord(at(moved, region, 'region'), address, thunk);
  for (const word of thunks.words) clearWord(at(moved, word.region, 'region'), word);
  const pieces = collectPieces(blueprint, layout, moved, placement);
  const regions = planRegions(blueprint, layout, moves, { address: headEnd - size, length: size });
  const actions = actionsOf(blueprint, placement, regions);
  const heap = heapPages(blueprint, moved);
  return { ...placement, blueprint, regions, pieces, thunks, loader, heap, actions };
}

/** In places all modules move by one distance, and stay sorted. */
function actionsOf(blueprint: Blueprint, { moves, places }: Placement, regions: PlanRegions): Action[] {
  const movesApart = moves !== 'never' && !places;
  return [
    ...registrationActions(blueprint.start.registrations, regions),
    ...(movesApart ? unwindActions(blueprint, regions) : []),
  ];
}

/** Bytes of loader and thunks, in whole pages; the same for all programs with one linker. */
function loaderSize(blueprint: Blueprint, loader: Buffer): number {
  return roundUp(loader.length + thunksSize(blueprint));
}

export function composeImage(placed: PlacedMemory, filing: Filing): Composed {
  const { blueprint, layout, headEnd, regions, pieces, thunks, loader, heap } = placed;
  const codeSize = loaderSize(blueprint, loader);
  const loaderAddress = headEnd - codeSize;
  const fixUps = collectFixUps({ blueprint, regions, pieces, filing, thunks, thunksOffset: loader.length });
  const tables = frameTables([...thunks.frames, ...(placed.frames ?? [])]);
  const { words } = thunks;
  const { facts } = blueprint;
  const compose = (
    tablesSize: number,
    openedSize: number,
    toolsSize: number,
    digestsLength: number,
  ): Parts => {
    const headSize = tablesSize + openedSize + codeSize;
    const memory = planMemory({ blueprint, regions, pieces, words, filing, headEnd, headSize });
    const parts = fileParts(headSize, memory, fixUps, heap);
    const planAddress = headEnd - headSize;
    const loaderOffset = planOffset + tablesSize + openedSize;
    const digestsOffset = roundUp(parts.toolsOffset + toolsSize, 8);
    const placing = {
      ...{ plan_address: planAddress, head_size: parts.headSize, opened_size: openedSize },
      ...{ loader_address: loaderAddress, loader_offset: loaderOffset, loader_size: codeSize },
      ...{ fixes_offset: parts.fixesOffset, heap_offset: parts.heapOffset },
      ...{ digests_offset: digestsOffset, digests_size: digestsLength },
      file_size: digestsOffset + digestsLength,
    };
    const plan = encodePlan(makePlan({ ...placed, memory, fixUps, placing, words }), tables.bytes);
    const opened = openedTable({ blueprint, layout, pieces: memory.opened, plan: planAddress });
    const ranges = imageRanges(planAddress, headSize, memory);
    return { plan, planAddress, opened, memory, parts, ranges, digestsOffset, fileSize: placing.file_size };
  };
  // The number of rows does not depend on where things are: the second round has the first one's sizes.
  const sizes = compose(0, 0, 0, 0);
  const named = nameRanges(sizes.ranges, [
    headCode(loader, loaderAddress, thunks),
    ...piecesCode(sizes.memory.own.map(({ piece }) => ({ blueprint, layout, piece }))),
  ]);
  const { plan, planAddress, opened, memory, parts, ranges, digestsOffset, fileSize } = compose(
    sizes.plan.length,
    sizes.opened.length,
    named.size,
    digestsSize(decodePlan(sizes.plan, facts.path), sizes.opened),
  );
  const openedAddress = loaderAddress - opened.length;
  const framesAddress = openedAddress - tables.bytes.length;
  return {
    plan,
    opened,
    code: Buffer.concat([loader, thunksCode(thunks, { frames: tables, framesAddress, openedAddress })]),
    planAddress,
    headSize: parts.headSize,
    layout,
    backings: [...new Set(backingsOf(memory).flatMap((backing) => pathOfBacking(backing) || []))],
    contents: memory.own,
    fixUps: { offset: parts.fixesOffset, bytes: fixUps.bytes },
    heap: { offset: parts.heapOffset, pages: heap },
    tools: {
      ...toolParts(ranges, named, parts.toolsOffset, {
        moves: false,
        isSplit: false,
        others: otherFiles(memory),
      }),
      offset: parts.toolsOffset,
    },
    digestsOffset,
    fileSize,
  };
}

/** What depends on where things are. */
interface Parts {
  readonly plan: Buffer;
  readonly planAddress: Address;
  readonly opened: Buffer;
  readonly memory: MemoryPlan;
  readonly parts: FileParts;
  readonly ranges: readonly FileRange[];
  readonly digestsOffset: FileOffset;
  readonly fileSize: number;
}

/** Where a process has files beside its image. */
function otherFiles({ backings }: MemoryPlan): Address[] {
  const files = backings.filter(({ backing }) => backing.kind !== 'own');
  const isMapped = ({ operation }: Step): boolean =>
    operation === operations.mapFile || operation === operations.mapFileOver;
  return files.flatMap(({ steps }) => steps.filter(isMapped).map(({ address }) => address));
}

/** What the file holds of memory: plan and loader first. */
function imageRanges(address: Address, length: number, { own }: MemoryPlan): FileRange[] {
  const flags = segmentFlags(PROT.read | PROT.execute);
  return [{ address, length, offset: planOffset, flags }, ...own.map((part) => fileRange(part.piece, part))];
}

function backingsOf({ backings, opened }: MemoryPlan): Backing[] {
  return [...backings, ...opened].map(({ backing }) => backing);
}

/** What follows the plan's tables in the image file: fix-ups behind the memory, the heap behind them, and last what tools read. */
interface FileParts {
  /** Bytes that are mapped by the first call. */
  readonly headSize: number;
  readonly fixesOffset: FileOffset;
  readonly heapOffset: FileOffset;
  readonly toolsOffset: FileOffset;
}

function fileParts(
  headSize: FileOffset,
  memory: MemoryPlan,
  { bytes }: FixUps,
  heap: readonly Buffer[],
): FileParts {
  const heapOffset = memory.fileSize + roundUp(bytes.length);
  return {
    headSize: headSize + memory.headLength,
    fixesOffset: memory.fileSize,
    heapOffset,
    toolsOffset: heapOffset + heap.length * pageSize,
  };
}

/** A slot in a page that was not written stays as the file has it. */
function setWord(pages: ReadonlyMap<Address, Buffer>, address: Address, value: number): void {
  const start = roundDown(address);
  pages.get(start)?.writeBigUInt64LE(BigInt(value), address - start);
}

/** What the loader writes in each process is zero in the files, so that equal pages are equal. */
function clearWord(pages: ReadonlyMap<Address, Buffer>, { address, width }: ProcessWord): void {
  for (let byte = address; byte < address + width; byte++) {
    const start = roundDown(byte);
    pages.get(start)?.writeUInt8(0, byte - start);
  }
}

/** The heap's pages from the break upwards, zero where none was written. */
function heapPages(blueprint: Blueprint, moved: MovedPages): Buffer[] {
  const index = blueprint.regions.findIndex(({ region }) => region.kind === 'heap');
  if (index < 0) return [];
  const { start, end } = at(blueprint.regions, index).region;
  const pages = at(moved, index);
  return Array.from(
    { length: (end - start) / pageSize },
    (_, page) => pages.get(start + page * pageSize) ?? Buffer.alloc(pageSize),
  );
}
