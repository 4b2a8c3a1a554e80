/**
 * Why a page of a prepared module is private: what ld.so still writes there when it opens the module (the dynamic section, its words in
 * the table of slots, the relocations that are left), and what the program wrote.
 */
import type { ImageJudge } from './image-page.ts';
import { linkerWords, type LinkerWords } from './linker-words.ts';
import type { LoadedModule } from './loaded-modules.ts';
import { freshPage } from './module-contents.ts';
import { judgeWord, type Site } from './module-page.ts';
import { PageVerdict } from './page-verdict.ts';
import { forEachDifference } from './process-memory.ts';

/** `isGivenBack`: ld.so relocated all of it. */
export function judgePrepared(
  { elf, loadBias }: LoadedModule,
  bindsLazily: boolean,
  isGivenBack: boolean,
): ImageJudge {
  let words: LinkerWords | undefined;
  const isLazy = bindsLazily && elf.dynamic?.bindNow === false;
  return (address, now, ours) => {
    if (ours === undefined) return undefined;
    words ??= linkerWords(elf);
    const { relocations } = words;
    const vaddr = address - loadBias;
    const { bytes: file, clearedFrom } = freshPage(elf, vaddr);
    const verdict = new PageVerdict();
    if (clearedFrom !== undefined) {
      verdict.cleared();
      ours.fill(0, clearedFrom);
    }
    const site: Site = { words, isLazy, loadBias: BigInt(loadBias) };
    forEachDifference(now, ours, (offset) => {
      const fresh = file.readBigUInt64LE(offset);
      const isBound = ours.readBigUInt64LE(offset) !== fresh && relocations.has(vaddr + offset);
      if (isBound && !isGivenBack) verdict.program();
      else judgeWord(verdict, site, { address: vaddr + offset, value: now.readBigUInt64LE(offset), fresh });
    });
    return verdict;
  };
}
