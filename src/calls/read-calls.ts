/** Finds a module's call sites: candidates by their bytes, then those of them that decoding reaches. */
import type { ElfFile, FunctionRange, Section } from '../elf/elf-file.ts';
import { ElfError } from '../util/errors.ts';
import { findCandidates, type Candidate } from './candidates.ts';
import { codeOutside, executableCode, type Code } from './code.ts';
import { decodeFunctions, type Verdict } from './decode-functions.ts';
import { functionSlots } from './function-slots.ts';
import type { CallSite, ModuleCalls } from './module-calls.ts';

const known = new WeakMap<ElfFile, ModuleCalls>();

/**
 * How a file reaches functions through its GOT; read once. `left.unreached` also counts chance: it is an upper bound.
 * A file without section headers has no PLT that we know of: there the jumps of its PLT slots are slot-jumps as others.
 * Throws ElfError.
 */
export function readCalls(elf: ElfFile): ModuleCalls {
  const calls = known.get(elf) ?? read(elf);
  known.set(elf, calls);
  return calls;
}

function read(elf: ElfFile): ModuleCalls {
  const slots = functionSlots(elf);
  const plt = elf.plt.filter(({ gotSlot }) => slots.has(gotSlot));
  const code = executableCode(elf);
  const candidates = findCandidates(codeOutside(code, pltSections(elf)), {
    plt: new Map(plt.map(({ address, gotSlot }) => [address, gotSlot])),
    slots: new Map([...slots.keys()].map((slot) => [slot, slot])),
  });
  const ranges = candidates.length === 0 ? [] : checkedRanges(elf, code);
  const verdicts = decodeFunctions(code, ranges, candidates);
  return { slots, plt, sites: sitesOf(candidates, verdicts), left: leftAlone(verdicts) };
}

/** Ascending, as candidates are. */
function pltSections({ sections }: ElfFile): Section[] {
  return sections
    .filter(({ name }) => name === '.plt' || name === '.plt.got' || name === '.plt.sec')
    .sort((a, b) => a.address - b.address);
}

/** Ranges overlap a little in good files; in a hostile one every range may be the whole file, and decoding never end. */
function checkedRanges({ path, functionRanges }: ElfFile, code: readonly Code[]): readonly FunctionRange[] {
  const total = functionRanges.reduce((sum, { size }) => sum + size, 0);
  const most = 2 * code.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (total > most)
    throw new ElfError(
      path,
      '.eh_frame',
      undefined,
      `its functions have ${total} bytes, and the code ${most / 2}`,
    );
  return functionRanges;
}

function sitesOf(candidates: readonly Candidate[], verdicts: readonly Verdict[]): CallSite[] {
  return candidates.flatMap(({ kind, end, slot }, i) => {
    const address = verdicts[i];
    return typeof address === 'number' ? [{ kind, address, size: end - address, slot }] : [];
  });
}

function leftAlone(verdicts: readonly Verdict[]): ModuleCalls['left'] {
  const undecodable = verdicts.filter((verdict) => verdict === 'undecodable').length;
  const unreached = verdicts.filter((verdict) => verdict === undefined || verdict === 'missed').length;
  return { undecodable, unreached };
}
