/** Why a page of an image is private: the words that the loader wrote for this process, and what the program wrote since. */
import { sources } from '../image/plan-layout.ts';
import type { Address } from '../util/units.ts';
import { roundDown } from '../util/units.ts';
import type { MappedImage } from './mapped-images.ts';
import type { PageJudge } from './module-page.ts';
import { PageVerdict } from './page-verdict.ts';
import { forEachDifference } from './process-memory.ts';

const wordSize = 8;

/**
 * Pages of `image`; `fresh` is what a page holds in the image. A process word counts also where the file happens to hold
 * its value: the loader writes it, which makes the page private.
 */
export function judgeImage(image: MappedImage, fresh: (address: Address) => Buffer): PageJudge {
  const words = processWords(image);
  return (address, now) => {
    const verdict = new PageVerdict();
    for (let at = address; at < address + now.length; at += wordSize) {
      const source = words.get(at);
      if (source !== undefined) verdict.process(source);
    }
    forEachDifference(now, fresh(address), (offset) => {
      if (!words.has(address + offset)) verdict.program();
    });
    return verdict;
  };
}

/** Names of sources by the address of the aligned 64-bit word. The kernel writes the area of rseq(2). */
function processWords({ plan }: MappedImage): Map<Address, string> {
  const names = new Map<number, string>(Object.entries(sources).map(([name, number]) => [number, name]));
  const words = new Map<Address, string>();
  const put = (start: Address, size: number, name: string): void => {
    for (let at = roundDown(start, wordSize); at < start + size; at += wordSize) words.set(at, name);
  };
  const { rseq_address: rseq, rseq_length: length } = plan.header;
  if (rseq !== 0n) put(Number(rseq), Number(length), 'rseq');
  for (const { address, width, source, region } of plan.rows('words'))
    if (region !== plan.header.heap_region)
      put(Number(address), Number(width), names.get(Number(source)) ?? 'unknown');
  return words;
}
