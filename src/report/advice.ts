/**
 * Which system for you: for each need the system that serves it best by the figures, why, and the command that uses it. A system
 * is named alone where it is clearly better than all others that are clearly better than the base line; where several may be the
 * best, all of them are named, and the other figures say which of them the command takes.
 */
import type { Measurement, ResultHead } from '../measure/measurement.ts';
import { baseLine, isBaseLine, isSameVariant, nameOf } from '../measure/measurement.ts';
import { capital, comparedWith, formatKb, listFew, shellWord, threeDigits } from './format.ts';
import { lessFrom } from '../models/memory-growth.ts';
import type { Overall } from './overall.ts';
import { overallOf } from './overall.ts';
import type { VariantFacts } from './variant-facts.ts';

/** One need, and what to do about it. */
export interface Advice {
  readonly need: string;
  /** `image direct`; `image direct, fixed files and import-page cache` where none is clearly the best of them. */
  readonly choice: string;
  /** The same, each for itself: the one of the command first, then those that cannot be told from it. */
  readonly chosen: readonly ResultHead[];
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
type Figures = Pick<Overall, 'speed' | 'callNs'> & { readonly memory: Pick<Overall['memory'], 'value'> };

/** Those that serve a need best: one, or several of which none is clearly better than the others. */
interface Best {
  /** Of several the one that the other figures speak for. */
  readonly first: Candidate;
  readonly alike: readonly Candidate[];
}

/** What people want of a system, the most common need first. */
const needs: readonly Need[] = [
  {
    need: 'fast starts with little memory, and nothing to keep running',
    isFor: ({ facts }) => facts.stored && !facts.served,
    cost: ({ speed, memory }) => (speed === undefined ? undefined : memory.value / speed),
  },
  {
    need: 'the fastest start',
    isFor: () => true,
    cost: ({ speed }) => speed && 1 / speed,
  },
  {
    need: 'the least memory of many processes',
    isFor: () => true,
    cost: ({ memory }) => memory.value,
  },
  {
    need: 'the cheapest calls between modules',
    isFor: () => true,
    cost: ({ callNs }) => callNs,
  },
  {
    need: 'addresses that each process draws for itself',
    isFor: ({ facts }) => facts.drawn === 'process',
    cost: ({ speed, memory }) => (speed === undefined ? undefined : memory.value / speed),
  },
];

/** Figures that differ by less than this part are too close for a choice to rest on them: then the other figures decide. */
const tolerance = 0.03;

/**
 * Empty where no system but the platform's own linker served every program, or the base line is not among them. `processes`: of each
 * program, as somebody has them; absent: as many as were measured.
 */
export function advise(
  measurement: Measurement,
  facts: readonly VariantFacts[],
  processes?: number,
): readonly Advice[] {
  const candidates = overallOf(measurement, processes).flatMap((overall): readonly Candidate[] => {
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
    const best = choose(better, need);
    return [
      best
        ? describe(measurement, need.need, best, { base, processes })
        : leave(measurement, need.need, base),
    ];
  });
}

/** Undefined where there is nothing to choose from. */
function choose(better: readonly Candidate[], need: Need): Best | undefined {
  const priced = better.map((candidate) => ({ candidate, price: need.cost(candidate) ?? Infinity }));
  const [least] = [...priced].sort((one, other) => one.price - other.price);
  if (least === undefined) return undefined;
  const close = priced.filter(({ price }) => price <= least.price * (1 + tolerance));
  const [first] = close.map(({ candidate }) => candidate).sort((one, other) => product(one) - product(other));
  const best = first ?? least.candidate;
  const alike = better.filter((each) => each !== best && !isClearlyBetter(least.candidate, each, need));
  return { first: best, alike };
}

/** Of all figures. */
function product({ speed = 1, privateKb, memory, callNs = 1 }: Candidate): number {
  return (privateKb * memory.value * callNs) / speed;
}

/**
 * Whether one is better than another beyond doubt: by more than figures differ that are too close, and where all intervals of the
 * one end as badly as they may, and all of the other as well.
 */
function isClearlyBetter(one: Candidate, other: Candidate, { cost }: Need): boolean {
  const [own, its] = [cost(one), cost(other)];
  const worst = cost({ ...one, ...endsOf(one, 'worst') });
  const best = cost({ ...other, ...endsOf(other, 'best') });
  if (own === undefined || worst === undefined) return false;
  // What the base line has no figure for nothing can be worse than.
  return its === undefined || best === undefined || (own * (1 + tolerance) < its && worst < best);
}

function endsOf(
  { leastSpeed, mostSpeed, callRange, memory }: Candidate,
  which: 'worst' | 'best',
): Partial<Figures> {
  const speed = which === 'worst' ? leastSpeed : mostSpeed;
  const callNs = which === 'worst' ? callRange?.high : callRange?.low;
  return {
    ...(speed !== undefined && { speed }),
    ...(callNs !== undefined && { callNs }),
    memory: { value: which === 'worst' ? memory.high : memory.low },
  };
}

/** What a choice is held against, and of how many processes. */
interface Standard {
  readonly base: Candidate;
  readonly processes: number | undefined;
}

function describe(
  measurement: Measurement,
  need: string,
  { first, alike }: Best,
  standard: Standard,
): Advice {
  const command = commandFor(measurement, first);
  const tie = `No one of them is clearly better than the others; by its other figures ${nameOf(first)} comes first:`;
  const figures = compare(first, standard);
  return {
    need,
    choice: listFew([first, ...alike].map(nameOf)),
    chosen: [first, ...alike].map(headOf),
    reason: `${alike.length === 0 ? capital(figures) : `${tie} ${figures}`} ${remarks(first)}`.trim(),
    ...(command !== undefined && { command }),
  };
}

function leave({ programs }: Measurement, need: string, base: Candidate): Advice {
  const failed = programs[0]?.results.filter(({ status }) => status === 'failed').length ?? 0;
  const missing = failed === 0 ? '' : ` ${String(failed)} others failed, and were not compared.`;
  return {
    need,
    choice: nameOf(base),
    chosen: [headOf(base)],
    reason: `No other was clearly better: leave the programs as they are.${missing}`,
  };
}

function headOf({ system, variant }: ResultHead): ResultHead {
  return { system, variant };
}

/** `starts 2.4 times as fast as got-plt lazy; PSS of all processes 48,539 kB, 48 % less; …` */
function compare(own: Overall, { base, processes }: Standard): string {
  const { speed, privateKb, memory, callNs } = own;
  const against = nameOf(baseLine);
  const whose =
    processes === undefined ? 'PSS of all processes' : `memory of ${plainCount(processes)} of each program`;
  const from = lessFrom(own, base);
  const parts = [
    speed === undefined ? undefined : `starts ${threeDigits(speed)} times as fast as ${against}`,
    `private memory ${comparedWith(privateKb, base.privateKb)}`,
    `${whose} ${formatKb(memory.value)}, ${comparedWith(memory.value, base.memory.value)}`,
    from === undefined || from === 1
      ? undefined
      : `less memory than ${against} from ${plainCount(from)} processes of each on`,
    callNs === undefined || base.callNs === undefined
      ? undefined
      : `a call ${threeDigits(callNs)} ns, ${threeDigits(base.callNs)} ns under ${against}`,
  ].filter((part) => part !== undefined);
  return `${parts.join('; ')}.`;
}

const plainCount = (count: number): string => count.toLocaleString('en');

const drawnWords: Readonly<Record<VariantFacts['drawn'], string>> = {
  process: 'Each process draws its addresses.',
  boot: 'Addresses can be drawn anew at each boot, and processes share them.',
  store: 'Addresses are drawn once for a store, and processes share them.',
  never: 'Addresses follow from names: anyone can know them.',
};

function remarks({ facts: { drawn, served, hiddenFrom } }: Candidate): string {
  return [
    drawnWords[drawn],
    served ? 'A server has to run; without it programs run through the platform’s linker.' : undefined,
    hiddenFrom.length > 0
      ? `Less than under ld.so see of its processes: ${hiddenFrom.join(', ')}.`
      : undefined,
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
