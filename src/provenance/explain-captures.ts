/**
 * Says of every word that the dynamic linker wrote what it is made of. Two derivations: the captured values themselves
 * (compare-captures.ts), and the relocations and symbols of the files (expected-words.ts). They must agree.
 */
import type { Capture, Captures, Question } from '../capture/capture.ts';
import type { CachedAnswer } from '../program/cached-answers.ts';
import { cachedAnswers } from '../program/cached-answers.ts';
import { programFacts } from '../program/facts.ts';
import { cacheFile } from '../program/ld-cache.ts';
import type { Program } from '../program/program.ts';
import { createResolver } from '../program/resolver.ts';
import { Refusal } from '../util/errors.ts';
import { at } from '../util/present.ts';
import { pageSize } from '../util/units.ts';
import { requireAlikeRegions } from './alike-regions.ts';
import { checkRelocations } from './check-relocations.ts';
import { clockWords } from './clock-words.ts';
import type { ComparedRegion } from './compare-captures.ts';
import { compareRegion } from './compare-captures.ts';
import { requireSameQuestions } from './compare-questions.ts';
import type { ExplainedCaptures, References, StartState } from './explained.ts';
import { boundSlots } from './lazy-slots.ts';
import { createExplainer } from './sources.ts';
import { eagerVdsoSlots } from './vdso-slots.ts';

/** Throws Refusal where a word stays unexplained, LinkonceError where the derivations disagree. */
export function explainCaptures(captures: Captures): ExplainedCaptures {
  const { first, second, program } = captures;
  requireAlikeRegions(first, second);
  requireSameQuestions(first, second);
  const resolver = createResolver(program);
  const slots = boundSlots(captures, resolver);
  const explainer = createExplainer(first, second);
  const { interpreter } = program;
  const linker = { interpreter, clockWords: clockWords(interpreter.elf) };
  const input = { first, second, explainer, slots, ...linker };
  const compared = first.regions.map((_, index) => compareRegion(input, index));
  requireDrawnWord(first, compared);
  const { agreed } = checkRelocations(captures, compared, resolver);
  const processWords = compared.flatMap((each) => each.processWords);
  return {
    program,
    facts: programFacts(program),
    captures,
    start: startState(captures),
    regions: first.regions.map(({ written, ...region }, index) => ({
      region,
      writtenPages: written.reduce((sum, run) => sum + run.bytes.length / pageSize, 0),
      pages: at(compared, index, 'compared region').pages,
    })),
    references: columns(compared),
    processWords,
    slots: { bound: slots.bound, lazy: slots.lazy },
    vdsoSlots: [...slots.vdso, ...eagerVdsoSlots(first.regions, processWords)],
    opened: [],
    relocationsAgreed: agreed,
    counts: compared.map((each) => each.counts),
  };
}

/** What was drawn can be drawn anew only where it stands in memory as it came. */
function requireDrawnWord({ context }: Capture, compared: readonly ComparedRegion[]): void {
  if (context.drawn !== undefined && !compared.some(({ counts }) => counts.random > 0))
    throw new Refusal('its dynamic linker draws random bytes, and keeps something else than these');
}

function startState({ first, unbindable, program }: Captures): StartState {
  const { context, handoff, registrations, questions, startWrites } = first;
  const cached = cachedFor(program, questions);
  return { context, handoff, registrations, questions, startWrites, unbindable, cached };
}

/** Of the very cache that the linker read. */
function cachedFor({ searched }: Program, questions: readonly Question[]): CachedAnswer[] {
  const cache = questions.find((each) => each.kind === 'file' && each.path === cacheFile);
  return cache?.kind === 'file' ? cachedAnswers(searched, cache.identity) : [];
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
