/** Areas of stubs: for each function that a module calls, a piece of code in the module's area through which it goes. */
import type { Address, Vaddr } from '../util/units.ts';
import type { Import, Landing, ModuleWiring, WiredModule } from './call-scheme.ts';

/** Bytes, and what every stub begins at a multiple of. */
export const stubSize = 16;

/** The module's calls as they were compiled. */
export const unchanged: ModuleWiring = { landings: new Map(), area: Buffer.alloc(0) };

/** Straight to the functions, without stubs. */
export function directly({ imports }: WiredModule): ModuleWiring {
  return {
    area: Buffer.alloc(0),
    landings: new Map(imports.map(({ slot, target }) => [slot, { code: target }])),
  };
}

export interface Stub {
  readonly code: Buffer;
  readonly landing: Landing;
}

/** `stub`: code of at most `size` bytes, and where its slot's calls go. `head`: what stands before the stubs. */
export function stubArea(
  { area, imports }: WiredModule,
  stub: (each: Import, at: Address, index: number) => Stub,
  { size = stubSize, head = Buffer.alloc(0) }: { readonly size?: number; readonly head?: Buffer } = {},
): ModuleWiring {
  const landings = new Map<Vaddr, Landing>();
  const bytes = Buffer.alloc(head.length + imports.length * size, 0xcc);
  head.copy(bytes);
  imports.forEach((each, index) => {
    const at = head.length + index * size;
    const { code, landing } = stub(each, area.address + at, index);
    if (code.length > size) throw new Error(`a stub of ${String(code.length)} bytes`);
    code.copy(bytes, at);
    landings.set(each.slot, landing);
  });
  return { landings, area: bytes };
}

/** Bytes of an area of stubs. */
export function areaSize(imports: number, head = 0, size = stubSize): number {
  return imports === 0 ? 0 : head + imports * size;
}
