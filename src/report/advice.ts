/** Which system for you: for each need the system that serves it best by the figures, why, and the command that uses it. */
import type { Measurement } from '../measure/measurement.ts';
import { baseLine, isBaseLine, isSameVariant, nameOf } from '../measure/measurement.ts';
import { capital, comparedWith, formatKb, shellWord, threeDigits } from './format.ts';
import type { Overall } from './overall.ts';
import { overallOf } from './overall.ts';
import type { VariantFacts } from './variant-facts.ts';

/** One need, and what to do about it. */
export interface Advice {
  readonly need: string;
  /** `image direct`. */
  readonly choice: string;
  /** Sentences. */
  readonly reason: string;
  /** Words for a shell, quoted where they need it; absent where nothing is to be done. */
  readonly command?: readonly string[];
}

/** A system that a choice is made of. */
interface Candidate extends Overall {
  readonly facts: VariantFacts;
}

interface Need {
  readonly need: string;
  readonly isFor: (candidate: Candidate) => boolean;
  /** The least is best; undefined where it was not measured. */
  readonly cost: (candidate: Figures) => number | undefined;
}

/** What a cost is made of. */
type Figures = Pick<Overall, 'speed' | 'pssKb' | 'callNs'>;

/** What people want of a system, the most common need first. */
const needs: readonly Need[] = [
  {
    need: 'fast starts with little memory, and nothing to keep running',
    isFor: ({ facts }) => facts.stored && !facts.served,
    cost: ({ speed, pssKb }) => (speed === undefined ? undefined : pssKb / speed),
  },
  {
    need: 'the fastest start',
    isFor: () => true,
    cost: ({ speed }) => speed && 1 / speed,
  },
  {
    need: 'the least memory of many processes',
    isFor: () => true,
    cost: ({ pssKb }) => pssKb,
  },
  {
    need: 'the cheapest calls between modules',
    isFor: () => true,
    cost: ({ callNs }) => callNs,
  },
  {
    need: 'addresses that each process draws for itself',
    isFor: ({ facts }) => facts.drawn === 'process',
    cost: ({ speed, pssKb }) => (speed === undefined ? undefined : pssKb / speed),
  },
];

/** Figures that differ by less than this part are too close for a choice to rest on them: then the other figures decide. */
const tolerance = 0.03;

/** Empty where no system but the platform's own linker served every program, or the base line is not among them. */
export function advise(measurement: Measurement, facts: readonly VariantFacts[]): readonly Advice[] {
  const candidates = overallOf(measurement).flatMap((overall): readonly Candidate[] => {
    const own = facts.find((one) => isSameVariant(one, overall));
    return own ? [{ ...overall, facts: own }] : [];
  });
  const base = candidates.find(isBaseLine);
  // Variants of the platform's own linker alone are no choice between systems.
  if (base === undefined || !candidates.some(({ facts: { stored } }) => stored)) return [];
  return needs.flatMap((need) => {
    const able = candidates.filter((each) => need.isFor(each) && need.cost(each) !== undefined);
    if (able.every(isBaseLine)) return [];
    const better = able.filter((each) => isClearlyBetter(each, base, need));
    return [describe(measurement, need.need, choose(better, need) ?? base, base)];
  });
}

/** The best by its cost; of those that are as good as that, the one with the least product of all figures. */
function choose(candidates: readonly Candidate[], { cost }: Need): Candidate | undefined {
  const priced = candidates.map((candidate) => ({ candidate, price: cost(candidate) ?? Infinity }));
  const least = Math.min(...priced.map(({ price }) => price));
  const close = priced.filter(({ price }) => price <= least * (1 + tolerance));
  const product = ({ candidate: { speed = 1, privateKb, pssKb, callNs = 1 } }: (typeof priced)[number]) =>
    (privateKb * pssKb * callNs) / speed;
  return close.sort((one, other) => product(one) - product(other))[0]?.candidate;
}

/**
 * Whether a choice is better than the base line beyond doubt: by more than figures differ that are too close, and where all
 * intervals end as badly as they may.
 */
function isClearlyBetter(chosen: Candidate, base: Candidate, { cost }: Need): boolean {
  const [own, its] = [cost(chosen), cost(base)];
  const worst = cost({ ...chosen, ...worstOf(chosen) });
  const best = cost({ ...base, ...(base.callRange && { callNs: base.callRange.low }) });
  if (own === undefined || worst === undefined) return false;
  // What the base line has no figure for nothing can be worse than.
  return its === undefined || best === undefined || (own * (1 + tolerance) < its && worst < best);
}

function worstOf({ leastSpeed, callRange }: Candidate): Partial<Figures> {
  return {
    ...(leastSpeed !== undefined && { speed: leastSpeed }),
    ...(callRange && { callNs: callRange.high }),
  };
}

function describe(measurement: Measurement, need: string, chosen: Candidate, base: Candidate): Advice {
  const choice = nameOf(chosen);
  if (isBaseLine(chosen))
    return { need, choice, reason: 'No other was clearly better: leave the programs as they are.' };
  const command = commandFor(measurement, chosen);
  return {
    need,
    choice,
    reason: `${compare(chosen, base)} ${remarks(chosen)}`.trim(),
    ...(command !== undefined && { command }),
  };
}

/** `Starts 2.4 times as fast as got-plt lazy; PSS of all processes 48,539 kB, 48 % less; …` */
function compare({ speed, privateKb, pssKb, callNs }: Overall, base: Overall): string {
  const against = nameOf(baseLine);
  const parts = [
    speed === undefined ? undefined : `starts ${threeDigits(speed)} times as fast as ${against}`,
    `private memory ${comparedWith(privateKb, base.privateKb)}`,
    `PSS of all processes ${formatKb(pssKb)}, ${comparedWith(pssKb, base.pssKb)}`,
    callNs === undefined || base.callNs === undefined
      ? undefined
      : `a call ${threeDigits(callNs)} ns, ${threeDigits(base.callNs)} there`,
  ].filter((part) => part !== undefined);
  const text = parts.join('; ');
  return `${capital(text)}.`;
}

const drawnWords: Readonly<Record<VariantFacts['drawn'], string>> = {
  process: 'Each process draws its addresses.',
  boot: 'Addresses can be drawn anew at each boot, and processes share them.',
  store: 'Addresses are drawn once for a store, and processes share them.',
  never: 'Addresses follow from names: anyone can know them.',
};

function remarks({ facts: { drawn, served } }: Candidate): string {
  return [
    drawnWords[drawn],
    served ? 'A server has to run; without it programs run through the platform’s linker.' : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** Programs of a store are started by their names, and an update follows upgrades. */
function commandFor(
  { programs }: Measurement,
  { system, variant, facts }: Candidate,
): readonly string[] | undefined {
  if (!facts.stored) return undefined;
  const names = [...new Set(programs.map(({ path }) => shellWord(path)))];
  const server = facts.served ? ['&&', 'linkonce', 'pagein', 'start'] : [];
  return ['linkonce', 'store', 'add', '--system', `${system}:${variant}`, ...names, ...server];
}

/** The needs of one choice together. */
export interface GatheredAdvice extends Omit<Advice, 'need'> {
  readonly needs: readonly string[];
}

/** Advice by what is chosen, in the order of the first needs. */
export function gather(advice: readonly Advice[]): readonly GatheredAdvice[] {
  const choices = [...new Set(advice.map(({ choice }) => choice))];
  return choices.map((choice) => {
    const own = advice.filter((one) => one.choice === choice);
    const { need: _, ...rest } = own[0]!;
    return { ...rest, needs: own.map(({ need }) => need) };
  });
}
