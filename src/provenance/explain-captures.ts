/**
 * Says of every word that the dynamic linker wrote what it is made of. Two derivations: the captured values themselves
 * (compare-captures.ts), and the relocations and symbols of the files (expected-words.ts). They must agree.
 */
import type { Captures } from '../capture/capture.ts';
import { programFacts } from '../program/facts.ts';
import { createResolver } from '../program/resolver.ts';
import { Refusal } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown } from '../util/units.ts';
import { checkRelocations } from './check-relocations.ts';
import type { ComparedRegion } from './compare-captures.ts';
import { compareRegion } from './compare-captures.ts';
import type { ExplainedCaptures, References, StartState } from './explained.ts';
import { boundSlots } from './lazy-slots.ts';
import { createExplainer } from './sources.ts';
import { eagerVdsoSlots } from './vdso-slots.ts';

/** Throws Refusal where a word stays unexplained, LinkonceError where the derivations disagree. */
export function explainCaptures(captures: Captures): ExplainedCaptures {
  const { first, second, program } = captures;
  if (first.regions.length !== second.regions.length)
    throw new Refusal('two captures differ in the number of ranges that the linker mapped');
  const slots = boundSlots(captures);
  const explainer = createExplainer(first, second);
  const input = { first, second, explainer, slots, torn: tornWords(captures) };
  const compared = first.regions.map((_, index) => compareRegion(input, index));
  const { agreed } = checkRelocations(captures, compared, createResolver(program), slots.regionOf);
  const processWords = compared.flatMap((each) => each.processWords);
  return {
    program,
    facts: programFacts(program),
    captures,
    start: startState(captures),
    regions: first.regions.map(({ written, ...region }, index) => ({
      region,
      writtenPages: written.reduce((sum, run) => sum + run.bytes.length / pageSize, 0),
      pages: compared[index]?.pages ?? new Map(),
    })),
    references: columns(compared),
    processWords,
    slots: { bound: slots.bound, lazy: slots.lazy },
    vdsoSlots: [...slots.vdso, ...eagerVdsoSlots(first.regions, processWords)],
    relocationsAgreed: agreed,
    counts: compared.map((each) => each.counts),
  };
}

function startState({ first, unbindable }: Captures): StartState {
  const { context, handoff, registrations, questions, startWrites } = first;
  return { context, handoff, registrations, questions, startWrites, unbindable };
}

function columns(compared: readonly ComparedRegion[]): References {
  const count = compared.reduce((sum, each) => sum + each.references.length, 0);
  const addresses = new Float64Array(count);
  const [owners, targets] = [new Uint16Array(count), new Uint16Array(count)];
  let next = 0;
  compared.forEach(({ references }, owner) => {
    for (const { address, region } of references) {
      addresses[next] = address;
      owners[next] = owner;
      targets[next++] = region;
    }
  });
  return { count, addresses, owners, targets };
}

/**
 * The aligned words that hold parts of relocated words at addresses that are no multiple of 8 (packed structures: gpg has
 * some). Their relocations alone explain them.
 */
function tornWords({ first }: Captures): ReadonlySet<Address> {
  const torn = new Set<Address>();
  for (const region of first.regions)
    for (const { address } of region.module?.elf.relocations ?? [])
      if (address % 8 !== 0) {
        const start = roundDown(region.loadBias + address, 8);
        torn.add(start).add(start + 8);
      }
  return torn;
}
