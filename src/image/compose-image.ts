/** Decides where everything of an image stands: plan, loader, memory of the modules, heap. */
import type { Explained } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { packedLayout } from '../provenance/layout.ts';
import type { MovedPages } from '../provenance/materialize.ts';
import { materialize } from '../provenance/materialize.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { pageSize, roundDown, roundUp } from '../util/units.ts';
import { makePlan } from './make-plan.ts';
import type { MemoryPlan, Piece, Protections } from './memory-plan.ts';
import { planMemory } from './memory-plan.ts';
import { encodePlan } from './plan.ts';
import { vdsoThunks } from './vdso-thunks.ts';

/** Distance from the plan's address to the first module: room for the largest plan and the loader. */
export const planRoom = 0x100_0000;

export interface Composed {
  /** The plan's bytes, whole pages; they stand at the start of the file and at `planAddress`. */
  readonly plan: Buffer;
  /** The loader and what stands behind it; it follows the plan in the file and in memory. */
  readonly code: Buffer;
  readonly planAddress: Address;
  readonly layout: Layout;
  /** What stands where in the file behind plan and loader. */
  readonly contents: readonly { readonly offset: FileOffset; readonly piece: Piece }[];
  readonly heap: { readonly offset: FileOffset; readonly pages: readonly Buffer[] };
  readonly fileSize: number;
}

/** `base`: address of the plan; the modules follow it. `loader`: native/loader.bin. */
export function composeImage(
  explained: Explained,
  base: Address,
  loader: Buffer,
  protections: Protections,
): Composed {
  const layout = packedLayout(explained, base + planRoom);
  const moved = materialize(explained, layout);
  const loaderPages = roundUp(loader.length + vdsoThunks(explained, layout, base).code.length);
  const heap = heapPages(explained, moved);
  const compose = (tablesSize: number): { plan: Buffer; memory: MemoryPlan } => {
    const memory = planMemory(explained, layout, moved, tablesSize + loaderPages, protections);
    const placing = {
      planAddress: base,
      loaderAddress: base + tablesSize,
      loaderOffset: tablesSize,
      loaderSize: loaderPages,
      heapOffset: memory.fileSize,
      fileSize: memory.fileSize + heap.length * pageSize,
    };
    return { plan: encodePlan(makePlan(explained, layout, memory, placing)), memory };
  };
  // The number of rows does not depend on where things are: the second round has the first one's size.
  const tablesSize = compose(0).plan.length;
  const { plan, memory } = compose(tablesSize);
  const thunks = vdsoThunks(explained, layout, base + tablesSize + loader.length);
  for (const { address, region, thunk } of thunks.slots) setWord(moved[region], address, thunk);
  return {
    plan,
    code: Buffer.concat([loader, thunks.code]),
    planAddress: base,
    layout,
    contents: memory.spans.flatMap((span) =>
      span.pieces.map((piece) => ({ offset: span.offset + piece.address - span.address, piece })),
    ),
    heap: { offset: memory.fileSize, pages: heap },
    fileSize: memory.fileSize + heap.length * pageSize,
  };
}

/** A slot in a page that was not written stays as the file has it. */
function setWord(pages: ReadonlyMap<Address, Buffer> | undefined, address: Address, value: number): void {
  const start = roundDown(address);
  pages?.get(start)?.writeBigUInt64LE(BigInt(value), address - start);
}

/** The heap's pages from the break upwards, zero where none was written. */
function heapPages(explained: Explained, moved: MovedPages): Buffer[] {
  const index = explained.regions.findIndex(({ region }) => region.kind === 'heap');
  const heap = explained.regions[index]?.region;
  if (!heap) return [];
  const { start, end } = heap;
  return Array.from(
    { length: (end - start) / pageSize },
    (_, page) => moved[index]?.get(start + page * pageSize) ?? Buffer.alloc(pageSize),
  );
}
