/**
 * Why a page of an image is private: the words that the loader wrote for this process, the references that it moved in place
 * of the linker, and what the program wrote since.
 */
import { plannedActions } from '../image/actions.ts';
import { sources } from '../image/plan-layout.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { roundDown } from '../util/units.ts';
import { fixedWords } from './fixed-words.ts';
import type { MappedImage } from './mapped-images.ts';
import type { PageJudge } from './module-page.ts';
import { PageVerdict } from './page-verdict.ts';
import { forEachDifference } from './process-memory.ts';

const wordSize = 8;

/** `fresh` is what the page at an address holds in the image; undefined where that cannot be read. */
export type ImageJudge = (address: Address, now: Buffer, fresh: Buffer | undefined) => ReturnType<PageJudge>;

/**
 * Pages of `image`. A process word counts also where the file happens to hold its value: the loader writes it, which makes
 * the page private.
 */
export function judgeImage(image: MappedImage): ImageJudge {
  let words: ReadonlyMap<Address, string> | undefined;
  let fixed: ReadonlySet<Address> | undefined;
  return (address, now, fresh) => {
    if (fresh === undefined) return undefined;
    const known = (words ??= processWords(image));
    const moved = (fixed ??= fixedWords(image));
    const verdict = new PageVerdict();
    for (let at = address; at < address + now.length; at += wordSize) {
      const source = known.get(at);
      if (source !== undefined) verdict.process(source);
    }
    forEachDifference(now, fresh, (offset) => {
      if (known.has(address + offset)) return;
      if (moved.has(address + offset)) verdict.linker('relocated');
      else verdict.program();
    });
    return verdict;
  };
}

/** Names of sources by the address of the aligned 64-bit word. The kernel writes the area of rseq(2). */
function processWords({ plan, regions }: MappedImage): Map<Address, string> {
  const names = new Map<number, string>(Object.entries(sources).map(([name, number]) => [number, name]));
  const words = new Map<Address, string>();
  const put = (address: bigint, region: bigint, size: bigint, name: string): void => {
    const start = Number(address) + at(regions, Number(region), 'region').shift;
    for (let at = roundDown(start, wordSize); at < start + Number(size); at += wordSize) words.set(at, name);
  };
  for (const { value, region, second_argument: length } of plannedActions(plan, 'registerRseq'))
    put(value, region, length, 'rseq');
  for (const { address, width, source, region } of plan.rows('words'))
    if (region !== plan.header.heap_region)
      put(address, region, width, names.get(Number(source)) ?? 'unknown');
  return words;
}
