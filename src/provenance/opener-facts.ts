/** What the opener must find in a process: the linker's `mmap`, and its list of link maps (<link.h>, `struct r_debug` and `link_map`). */
import type { Program } from '../program/program.ts';
import { symbolName } from '../elf/symbol-name.ts';
import { Refusal } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown } from '../util/units.ts';
import type { BlueprintRegion, OpenerFacts } from './explained.ts';
import { openerSite, statusCallOf } from './opener-site.ts';

const r_debug = { map: 8 };
const link_map = { next: 24 };
/** More are no list. */
const mostMaps = 10_000;

/** Undefined where nothing is to be opened. A string: why nothing can be. */
export function openerFacts(
  program: Program,
  regions: readonly BlueprintRegion[],
): OpenerFacts | string | undefined {
  if (program.opened.length === 0) return undefined;
  if (program.libc !== 'glibc')
    return 'musl opens modules in a way of its own, which keeps none of them apart';
  try {
    return findFacts(program, regions);
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

function findFacts({ interpreter }: Program, regions: readonly BlueprintRegion[]): OpenerFacts {
  const { symbols } = interpreter.elf;
  const index = symbols.find(symbolName('_r_debug'), () => true);
  // elf/rtld.c: it has this symbol since the release whose _r_debug tells of other namespaces before it maps anything for them.
  if (symbols.find(symbolName('__rseq_offset'), () => true) === 0)
    throw new Refusal(
      'its linker, of a glibc before 2.35, does not say when a module is opened into a namespace of its own',
    );
  if (index === 0) throw new Refusal('its linker has no _r_debug');
  const linker = regions.find(({ region }) => region.module?.path === interpreter.path);
  const { loadBias } = present(linker, "the linker's region").region;
  const debug = loadBias + symbols.at(index).value;
  const firstMaps = countMaps(regions, wordAt(regions, debug + r_debug.map));
  const statusCall = statusCallOf(interpreter.elf);
  return { site: loadBias + openerSite(interpreter.elf), debug, statusCall, firstMaps };
}

function countMaps(regions: readonly BlueprintRegion[], first: Address): number {
  let count = 0;
  for (let map = first; map !== 0 && count < mostMaps; map = wordAt(regions, map + link_map.next)) count++;
  return count;
}

function wordAt(regions: readonly BlueprintRegion[], address: Address): Address {
  const page = roundDown(address);
  for (const { pages } of regions) {
    const bytes = pages.get(page);
    if (bytes) return Number(bytes.readBigUInt64LE(address % pageSize));
  }
  throw new Refusal("its linker's list of link maps is not where it should be");
}
