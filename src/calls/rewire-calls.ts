/**
 * Changes how the modules of a placed program call each other, as a scheme says: PLT slots, call sites, areas and tables. A
 * call to a function of the module's own becomes direct under every scheme.
 */
import type { CodeFrame } from '../image/code-frames.ts';
import type { PlacedMemory } from '../image/compose-image.ts';
import { PageReader } from '../image/page-reader.ts';
import type { Piece } from '../image/pieces.ts';
import { PROT, noRegion } from '../image/pieces.ts';
import type { Address, Vaddr } from '../util/units.ts';
import { pageSize, roundUp } from '../util/units.ts';
import type { CallScheme, Landing, ModuleWiring, TableMemory, WiredModule } from './call-scheme.ts';
import type { CallSite } from './module-calls.ts';
import { isJump, readsSlot, redirectOperand, redirectPlt, redirectSite } from './rewrite-code.ts';
import type { Allotments, ModuleInHand } from './wiring.ts';
import { takeInHand } from './wiring.ts';

/** Throws Refusal where the scheme cannot serve the program, ElfError for a damaged module. */
export function rewireCalls(placed: PlacedMemory, scheme: CallScheme, allotments: Allotments): PlacedMemory {
  const reader = new PageReader();
  try {
    const { program, modules } = takeInHand(placed, scheme, allotments, reader);
    const wiring = scheme.wire(program);
    const counts = { changed: 0, own: 0, left: 0 };
    const pieces = new Map<number, readonly Piece[]>();
    modules.forEach((each, index) => {
      const own = wiring.modules[index];
      if (!own) throw new Error('a module without wiring');
      rewriteModule(each, own, counts);
      pieces.set(each.region, withArea(each, own, scheme));
    });
    return {
      ...placed,
      pieces: [...replaced(placed.pieces, pieces), ...wiring.tables.map(tablePiece)],
      calls: {
        ...counts,
        notes: wiring.notes ?? [],
        ...(wiring.entries && { entries: wiring.entries }),
      },
      frames: [
        ...program.modules.flatMap((each, index) => areaFrames(each, wiring.modules[index])),
        ...wiring.tables.flatMap(tableFrames),
      ],
      actions: [...placed.actions, ...(wiring.actions ?? [])],
    };
  } finally {
    reader.close();
  }
}

interface Counts {
  changed: number;
  own: number;
  left: number;
}

function rewriteModule(hand: ModuleInHand, { landings }: ModuleWiring, counts: Counts): void {
  const { reach, own, memory, module } = hand;
  const count = (slot: Vaddr, done: boolean): void => {
    if (!done) counts.left++;
    else if (own.has(slot)) counts.own++;
    else counts.changed++;
  };
  const landingOf = (slot: Vaddr): Landing => landings.get(slot) ?? ownLanding(own.get(slot));
  const patch = (at: Address, bytes: Buffer | undefined): boolean => {
    if (bytes) memory.write(at, bytes);
    return bytes !== undefined;
  };
  for (const site of reach.calls.sites) {
    const at = module.bias + site.address;
    const code = memory.read(at, site.size);
    count(site.slot, patch(at, redirected(site, code, at, landingOf(site.slot))));
  }
  for (const slot of reach.calls.plt) {
    const at = module.bias + slot.address;
    const landing = landingOf(slot.gotSlot);
    const { word, jumps = landing.from?.(at) ?? landing.code } = landing;
    const code = memory.read(at, slot.size);
    const target = word ?? jumps ?? undefined;
    const isThrough = word !== undefined;
    patch(at, target === undefined ? undefined : redirectPlt(slot, code, at, target, isThrough));
  }
}

function ownLanding(target: Address | undefined): Landing {
  return target === undefined ? {} : { code: target };
}

function redirected(site: CallSite, code: Buffer, at: Address, landing: Landing): Buffer | undefined {
  const { word } = landing;
  if (word !== undefined)
    // A site that leads to a PLT slot stays: that slot goes through the word.
    return readsSlot(site) ? redirectOperand(site, code, at, word) : code;
  const usual = landing.from?.(at) ?? landing.code;
  const target = isJump(site) && landing.jumps !== undefined ? landing.jumps : usual;
  return target === undefined || target === null ? undefined : redirectSite(site, code, at, target);
}

/** Code of an area, and of a table, leaves the stack as it is, if nothing else is said of it. */
const depth = 8;

function areaFrames({ area: { address } }: WiredModule, wiring: ModuleWiring | undefined): CodeFrame[] {
  const size = wiring?.area.length ?? 0;
  return size === 0 ? [] : [{ address, size, depth }];
}

function tableFrames({ address, bytes, protection, frames }: TableMemory): readonly CodeFrame[] {
  if (frames) return frames;
  return (protection & PROT.execute) === 0 ? [] : [{ address, size: bytes.length, depth }];
}

/** The module's pieces, and its area as one more. */
function withArea({ module, region, memory }: ModuleInHand, { area }: ModuleWiring, scheme: CallScheme) {
  const pieces = memory.pieces();
  const { address, size } = module.area;
  if (size === 0 || (scheme.areaFilled === 'start-up' && area.length === 0)) return pieces;
  if (area.length > size) throw new Error(`${module.path}: its area is too small`);
  const piece: Piece = {
    region,
    address,
    // What each process fills is its own: no page more than has code.
    length: scheme.areaFilled === 'start-up' ? roundUp(area.length) : size,
    protection: PROT.read | PROT.execute,
    file: undefined,
    pages: toPages(address, area),
    zero: false,
    fixed: false,
    own: scheme.areaFile === 'program',
    filled: scheme.areaFilled === 'start-up',
  };
  return address < module.start ? [piece, ...pieces] : [...pieces, piece];
}

function tablePiece({ address, bytes, protection }: TableMemory): Piece {
  const pages = toPages(address, bytes);
  const length = pages.size * pageSize;
  return { region: noRegion, address, length, protection, file: undefined, pages, zero: false, fixed: false };
}

function toPages(address: Address, bytes: Buffer): ReadonlyMap<Address, Buffer> {
  const pages = new Map<Address, Buffer>();
  for (let at = 0; at < bytes.length; at += pageSize) {
    const page = Buffer.alloc(pageSize);
    bytes.copy(page, 0, at, at + pageSize);
    pages.set(address + at, page);
  }
  return pages;
}

/** Pieces in their order, those of each region as given. */
function replaced(pieces: readonly Piece[], byRegion: ReadonlyMap<number, readonly Piece[]>): Piece[] {
  const done = new Set<number>();
  return pieces.flatMap((piece) => {
    const own = byRegion.get(piece.region);
    if (!own) return [piece];
    if (done.has(piece.region)) return [];
    done.add(piece.region);
    return own;
  });
}
