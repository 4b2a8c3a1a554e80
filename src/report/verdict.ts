/** Which system for which program, in plain words: what the first screen of a page says. Nothing here needs Node. */
import type { MeasuredProgram, MeasuredResult, Measurement, ResultHead } from '../measure/measurement.ts';
import { baseLine, isBaseLine, isSameVariant, nameOf } from '../measure/measurement.ts';
import type { Advice } from './advice.ts';
import { advise } from './advice.ts';
import { isMeasured } from './conclusion.ts';
import { comparedWith, labelsOf, listing, threeDigits } from './format.ts';
import { overallOf } from './overall.ts';
import { tiedText } from './tied.ts';
import type { VariantFacts } from './variant-facts.ts';

/** Of one program. */
export interface Verdict {
  readonly label: string;
  /** What to take; the base line where nothing is clearly better. */
  readonly choice: MeasuredResult;
  /** Others that serve the same need as well, as far as the figures tell. */
  readonly tied: readonly ResultHead[];
  readonly base: MeasuredResult;
}

/** By the need that most people have; a program for which nothing can be said is left out. */
export function verdictsOf(measurement: Measurement, facts: readonly VariantFacts[]): readonly Verdict[] {
  const labels = labelsOf(measurement.programs);
  const [forAll] = advise(measurement, facts)[0]?.chosen ?? [];
  return measurement.programs.flatMap((program, index) => {
    const [advice] = advise({ ...measurement, programs: [program], workload: [] }, facts);
    return advice ? toVerdict(program, labels[index] ?? '', preferring(forAll, advice)) : [];
  });
}

/** Among equals the one that is for all programs. */
function preferring(forAll: ResultHead | undefined, { chosen }: Advice): readonly ResultHead[] {
  const same = forAll && chosen.find((one) => isSameVariant(one, forAll));
  return same ? [same, ...chosen.filter((one) => one !== same)] : chosen;
}

function toVerdict(
  { results }: MeasuredProgram,
  label: string,
  [first, ...tied]: readonly ResultHead[],
): readonly Verdict[] {
  const measured = results.filter(isMeasured);
  const choice = first && measured.find((one) => isSameVariant(one, first));
  const base = measured.find(isBaseLine);
  return choice && base ? [{ label, choice, tied, base }] : [];
}

/** One sentence on all programs together; undefined where nothing can be said. */
export function verdictText(measurement: Measurement, facts: readonly VariantFacts[]): string | undefined {
  const [advice] = advise(measurement, facts);
  const [first, ...tied] = advice?.chosen ?? [];
  if (first === undefined) return undefined;
  const names = listing(labelsOf(measurement.programs));
  if (isBaseLine(first))
    return `Leave ${names} as they are: no system was clearly better than ${nameOf(baseLine)}.`;
  const own = overallOf(measurement).find((one) => isSameVariant(one, first));
  const base = overallOf(measurement).find(isBaseLine);
  if (own === undefined || base === undefined) return undefined;
  const faster = own.speed === undefined ? [] : [`starts ${threeDigits(own.speed)} times as fast`];
  const gains = [...faster, `with private memory ${comparedWith(own.privateKb, base.privateKb)}`].join(', ');
  const tie = tied.length === 0 ? '' : ` (${tiedText(tied.map(nameOf))})`;
  return `For ${names}: ${nameOf(first)}${tie} ${gains}, against the platform’s linker (${nameOf(baseLine)}).`;
}
