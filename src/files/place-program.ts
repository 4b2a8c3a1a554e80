/** Moves a program's memory to the addresses that its modules have, and makes its calls go as the arrangement has it. */
import type { Allotments } from '../calls/wiring.ts';
import { rewireCalls } from '../calls/rewire-calls.ts';
import type { PlacedMemory } from '../image/compose-image.ts';
import { usualFreshZero } from '../image/pieces.ts';
import { placeMemory } from '../image/compose-image.ts';
import type { Places } from '../image/places.ts';
import type { Blueprint } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { withoutOpened } from '../provenance/without-opened.ts';
import { packedLayout, placedLayout } from '../provenance/layout.ts';
import type { AddressSpace, Holding } from '../ranges/addresses.ts';
import { findCollision } from '../ranges/addresses.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import { movesOf } from '../ranges/movable.ts';
import { numbersEnd } from '../ranges/numbers.ts';
import { Refusal } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { hex } from '../util/units.ts';

/**
 * Room below the modules' space for the linker's own memory, at the same addresses in all programs; plan and loader end
 * where it begins. Bytes.
 */
const linkerMemory = 0x400_0000;

export interface PlacingMeans {
  readonly arrangement: Arrangement;
  readonly space: AddressSpace;
  readonly holdings: readonly Holding[];
  /** native/loader.bin. */
  readonly loader: Buffer;
  /** Where places are, if memory comes from such. */
  readonly shown: Pick<Places, 'path' | 'files'>;
}

/** A program's memory at its addresses. Throws LinkonceError, Refusal among them, where it cannot be laid out so. */
export function placeProgram(explained: Blueprint, means: PlacingMeans): PlacedMemory {
  const { arrangement, loader } = means;
  const blueprint = preparedFor(explained, means);
  const { protections, freshZero = usualFreshZero, onCollision } = arrangement;
  const endOnCollision = onCollision === 'end';
  const moves = movesOf(arrangement);
  const places = arrangement.places && { ...means.shown, ...arrangement.places };
  const placement = { ...layoutOf(blueprint, means), protections, freshZero, endOnCollision, moves, places };
  const placed = placeMemory(blueprint, placement, loader);
  return arrangement.calls ? rewireCalls(placed, arrangement.calls, allotments(blueprint, means)) : placed;
}

/** What the program opens stays ld.so's where the arrangement cannot serve it. */
function preparedFor(blueprint: Blueprint, { arrangement, holdings }: PlacingMeans): Blueprint {
  if (arrangement.places || movesOf(arrangement) !== 'never')
    return withoutOpened(
      blueprint,
      'its system moves modules at the start, and prepares none that come later',
    );
  if (arrangement.files === 'program') return blueprint;
  const own = blueprint.regions.flatMap(({ region: { module, movable } }) =>
    module && movable ? [module.path] : [],
  );
  const held = own.map((path) => holdings.find(({ key }) => key === path));
  if (held.includes(undefined)) return withoutOpened(blueprint, 'not every module finds a range');
  return findCollision(held.flatMap((holding) => holding ?? []))
    ? withoutOpened(blueprint, 'its range is taken by another module of the program')
    : blueprint;
}

interface ProgramLayout {
  readonly layout: Layout;
  /** Where plan and loader end. */
  readonly headEnd: Address;
}

/** A program that shares no file has its memory without gaps behind its plan and loader: its first call maps all three. */
function layoutOf(blueprint: Blueprint, means: PlacingMeans): ProgramLayout {
  const { base } = means.space;
  if (means.arrangement.files !== 'program') return layoutInRanges(blueprint, means);
  return { layout: packedLayout(blueprint, base), headEnd: base };
}

/** Throws Refusal where the linker's own memory is larger than its area. */
function layoutInRanges(blueprint: Blueprint, { holdings, space }: PlacingMeans): ProgramLayout {
  const addresses = new Map<string, Address>(
    holdings.map(({ key, start, before = 0 }) => [key, start + before]),
  );
  const headEnd = space.programArea ?? space.base - linkerMemory;
  const { layout, end } = placedLayout(blueprint, addresses, headEnd);
  if (end > headEnd + linkerMemory)
    throw new Refusal(
      `${blueprint.facts.invocation}: its linker has ${hex(end - headEnd)} bytes of its own, more than there is room for`,
    );
  return { layout, headEnd };
}

function allotments({ facts }: Blueprint, { holdings, space }: PlacingMeans): Allotments {
  const own = new Set(facts.modules.map(({ path }) => path));
  const firstNumbers = new Map<string, number>();
  const numbered = holdings.flatMap(({ key, numbers }) => {
    if (!numbers || !own.has(key)) return [];
    firstNumbers.set(key, numbers.first);
    return [numbers];
  });
  return { base: space.base, firstNumbers, numbersEnd: numbersEnd(numbered) };
}
