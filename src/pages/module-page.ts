/** Why a page of a module is private under a dynamic linker: each word that differs from the file, by who wrote it. */
import type { Relocation } from '../elf/elf-file.ts';
import { formulaOf } from '../machine/relocations.ts';
import type { Address } from '../util/units.ts';
import { linkerWords, type LinkerWords } from './linker-words.ts';
import type { LoadedModule } from './loaded-modules.ts';
import { freshPage } from './module-contents.ts';
import { PageVerdict } from './page-verdict.ts';
import { forEachDifference } from './process-memory.ts';

/** Judges one private page by its address and contents; undefined where its file cannot be read. */
export type PageJudge = (address: Address, now: Buffer) => PageVerdict | undefined;

/** Pages of `module`; `bindsLazily`: the process's linker leaves slots to the first call where the module allows it. */
export function judgeModule(module: LoadedModule, bindsLazily: boolean): PageJudge {
  const { elf, loadBias } = module;
  let words: LinkerWords | undefined;
  const isLazy = bindsLazily && elf.dynamic?.bindNow === false;
  return (address, now) => {
    words ??= linkerWords(elf);
    const vaddr = address - loadBias;
    const { bytes: before, clearedFrom } = freshPage(elf, vaddr);
    const verdict = new PageVerdict();
    if (clearedFrom !== undefined) verdict.cleared();
    const site: Site = { words, isLazy, loadBias: BigInt(loadBias) };
    forEachDifference(now, before, (offset) => {
      const [value, fresh] = [now.readBigUInt64LE(offset), before.readBigUInt64LE(offset)];
      judgeWord(verdict, site, { address: vaddr + offset, value, fresh });
    });
    return verdict;
  };
}

export interface Site {
  readonly words: LinkerWords;
  readonly isLazy: boolean;
  readonly loadBias: bigint;
}

export interface Word {
  readonly address: number;
  readonly value: bigint;
  /** Before relocation. */
  readonly fresh: bigint;
}

/** A relocated word that the program has changed since counts for both. */
export function judgeWord(verdict: PageVerdict, site: Site, word: Word): void {
  const relocation = site.words.relocations.get(word.address);
  const own = site.words.isOwn(word.address);
  if (relocation !== undefined) {
    verdict.linker(isFirstCall(site, relocation, word) ? 'first call' : 'relocated');
    if (!own && isOverwritten(site, relocation, word)) verdict.program();
  } else if (own) verdict.linker("linker's own");
  else verdict.program();
}

/** At the start a lazy slot leads back into the PLT: the file's value and the load bias (psABI 5.2). */
function isFirstCall({ isLazy, loadBias }: Site, { type, address }: Relocation, word: Word): boolean {
  return (
    isLazy &&
    formulaOf(type) === 'jumpSlot' &&
    address === word.address &&
    word.value !== word.fresh + loadBias
  );
}

/** Only a relative relocation's value is known without looking symbols up. */
function isOverwritten({ loadBias }: Site, { type, address, addend }: Relocation, word: Word): boolean {
  if (formulaOf(type) !== 'relative' || address !== word.address) return false;
  return word.value !== BigInt.asUintN(64, loadBias + BigInt(addend));
}
