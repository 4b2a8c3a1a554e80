/**
 * Lays programs out over files that they share: their modules at addresses that are the same in all of them, each stored
 * once, and what differs between programs beside it.
 */
import path from 'node:path';
import type { Composed, PlacedMemory } from '../image/compose-image.ts';
import type { Allotments } from '../calls/wiring.ts';
import { rewireCalls } from '../calls/rewire-calls.ts';
import { composeImage, placeMemory } from '../image/compose-image.ts';
import type { Places } from '../image/places.ts';
import type { Place } from '../image/filing.ts';
import { PageReader } from '../image/page-reader.ts';
import type { Blueprint } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { placedLayout } from '../provenance/layout.ts';
import { LinkonceError, Refusal } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { hex } from '../util/units.ts';
import type { AddressSpace, Holding } from '../ranges/addresses.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import { collectContents } from './contents.ts';
import { movesOf } from '../ranges/movable.ts';
import type { MemberFiling } from './member-filing.ts';
import { fileMember, toFiling } from './member-filing.ts';
import { numbersEnd } from '../ranges/numbers.ts';
import type { Partition } from '../ranges/order.ts';
import { writeOwnFile } from './own-file.ts';
import { placesOf, stockRuns } from './pool.ts';
import type { Stock } from './stock.ts';
import type { NewFile } from './stocking.ts';
import { stockModules } from './stocking.ts';

/**
 * Room below the modules' space for the linker's own memory, at the same addresses in all programs; plan and loader end
 * where it begins. Bytes.
 */
const linkerMemory = 0x400_0000;

export interface LayOutInput {
  readonly blueprints: readonly Blueprint[];
  readonly arrangement: Arrangement;
  readonly space: AddressSpace;
  readonly holdings: readonly Holding[];
  readonly partitions: readonly Partition[];
  /** What stands in files already. */
  readonly stock: Stock;
  readonly newFile: NewFile;
  /** native/loader.bin. */
  readonly loader: Buffer;
  /** Where places are, if memory comes from such. */
  readonly shown: Pick<Places, 'path' | 'files'>;
  /** Pages: see `member-filing.ts`. */
  readonly gap: number;
}

export interface LaidOut {
  readonly placed: PlacedMemory;
  readonly composed: Composed;
}

export interface LayOutResult {
  /** In the order of the blueprints. One that cannot be laid out does not keep the others from it. */
  readonly programs: readonly (LaidOut | { readonly failure: LinkonceError })[];
  /** What was added to the stock. */
  readonly added: Stock;
}

/** Writes the shared files; the programs' own images are the caller's. */
export function layOut(input: LayOutInput): LayOutResult {
  const { blueprints, arrangement, partitions, stock, newFile, gap } = input;
  const placings = blueprints.map((blueprint) => attempt(() => placeProgram(blueprint, input)));
  const placed = placings.flatMap((each) => (each instanceof LinkonceError ? [] : [each]));
  const stocked = new Set(stock.modules.map(({ path }) => path));
  const wanted = new Set(partitions.flatMap(({ modules }) => modules).filter((path) => !stocked.has(path)));
  if (arrangement.files === 'partition')
    for (const { facts } of blueprints) wanted.delete(facts.executable.path);
  const modules = stockModules(collectContents(placed, wanted), partitions, arrangement, newFile);
  const byPath = new Map([...stock.modules, ...modules].map((each) => [each.path, each]));
  const reader = new PageReader();
  const filings = placed.map((each) => fileMember(each, byPath, reader, gap));
  reader.close();
  const runs = stockRuns(
    filings.map((each) => each.runs),
    stock.runs,
    newFile,
    arrangement.places !== undefined,
  );
  const shared = placesOf([...stock.runs, ...runs]);
  const programs = placings.map((each) => {
    if (each instanceof LinkonceError) return { failure: each };
    const filing = filings[placed.indexOf(each)];
    if (!filing) throw new Error('a program without a filing');
    return composeProgram(each, filing, shared, input);
  });
  return { programs, added: { modules, runs } };
}

/** Its files; one more of its own where memory comes from places, since the image holds plan and loader only. */
function composeProgram(
  placed: PlacedMemory,
  filing: MemberFiling,
  shared: ReadonlyMap<string, Place>,
  { arrangement, newFile }: LayOutInput,
): LaidOut | { readonly failure: LinkonceError } {
  if (arrangement.places === undefined)
    return { placed, composed: composeImage(placed, toFiling(filing, shared)) };
  const name = path.basename(placed.blueprint.facts.invocation);
  const own = attempt(() => writeOwnFile(placed, filing, shared, newFile(`${name}.own`)));
  if (own instanceof LinkonceError) return { failure: own };
  return { placed, composed: composeImage(placed, toFiling(own.filing, own.places)) };
}

function attempt<T>(work: () => T): T | LinkonceError {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return error;
  }
}

type Where = Pick<LayOutInput, 'holdings' | 'space'>;
type Means = Pick<LayOutInput, 'arrangement' | 'loader' | 'shown'>;

/** A program's memory at its addresses. Throws LinkonceError, Refusal among them, where it cannot be laid out so. */
export function placeProgram(blueprint: Blueprint, input: Where & Means): PlacedMemory {
  const { space, arrangement, loader } = input;
  const layout = layoutOf(blueprint, input);
  const { protections, onCollision } = arrangement;
  const endOnCollision = onCollision === 'end';
  const moves = movesOf(arrangement);
  const places = arrangement.places && { ...input.shown, ...arrangement.places };
  const placement = { layout, headEnd: headEndOf(space), protections, endOnCollision, moves, places };
  const placed = placeMemory(blueprint, placement, loader);
  return arrangement.calls ? rewireCalls(placed, arrangement.calls, allotments(blueprint, input)) : placed;
}

function allotments({ facts }: Blueprint, { holdings, space }: Where): Allotments {
  const own = new Set(facts.modules.map(({ path }) => path));
  const numbered = holdings.filter(({ key, numbers }) => numbers && own.has(key));
  return {
    base: space.base,
    firstNumbers: new Map(numbered.map(({ key, numbers }) => [key, numbers?.first ?? 0])),
    numbersEnd: numbersEnd(numbered.map(({ numbers }) => numbers)),
  };
}

/** Throws Refusal where the linker's own memory is larger than its area. */
function layoutOf(blueprint: Blueprint, { holdings, space }: Where): Layout {
  const addresses = new Map<string, Address>(
    holdings.map(({ key, start, before = 0 }) => [key, start + before]),
  );
  const headEnd = headEndOf(space);
  const { layout, end } = placedLayout(blueprint, addresses, headEnd);
  if (end > headEnd + linkerMemory)
    throw new Refusal(
      `${blueprint.facts.invocation}: its linker has ${hex(end - headEnd)} bytes of its own, more than there is room for`,
    );
  return layout;
}

/** Where plan and loader of every program end. */
function headEndOf(space: AddressSpace): Address {
  return space.programArea ?? space.base - linkerMemory;
}
