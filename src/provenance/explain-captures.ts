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
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import { requireAlikeRegions } from './alike-regions.ts';
import { checkRelocations } from './check-relocations.ts';
import { clockWords } from './clock-words.ts';
import type { ComparedRegion } from './compare-captures.ts';
import { compareRegion } from './compare-captures.ts';
import { requireSameQuestions } from './compare-questions.ts';
import type { ExplainedCaptures, References, StartState } from './explained.ts';
import { boundSlots } from './lazy-slots.ts';
import { explainOpened } from './explain-opened.ts';
import { openerFacts } from './opener-facts.ts';
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
  const needed = first.regions.map(({ written, ...region }, index) => ({
    region,
    writtenPages: written.reduce((sum, run) => sum + run.bytes.length / pageSize, 0),
    pages: at(compared, index, 'compared region').pages,
  }));
  const opener = openerFacts(program, needed);
  const opened = explainOpened(captures, needed, opener);
  return {
    program,
    facts: programFacts(program),
    captures,
    start: startState(captures),
    regions: [...needed, ...opened.regions],
    references: columns(compared, opened.references),
    processWords,
    slots: { bound: slots.bound, lazy: slots.lazy },
    vdsoSlots: [...slots.vdso, ...eagerVdsoSlots(first.regions, processWords)],
    opened: opened.modules,
    opener: typeof opener === 'string' ? undefined : opener,
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

interface Reference {
  readonly address: Address;
  readonly owner: number;
  readonly target: number;
}

/** Those of the regions, one after the other, then the others. */
function columns(compared: readonly ComparedRegion[], others: readonly Reference[]): References {
  const count = compared.reduce((sum, { references }) => sum + references.addresses.length, others.length);
  const addresses = new Float64Array(count);
  const [owners, targets] = [new Uint16Array(count), new Uint16Array(count)];
  let next = 0;
  compared.forEach(({ references }, owner) => {
    addresses.set(references.addresses, next);
    targets.set(references.targets, next);
    owners.fill(owner, next, (next += references.addresses.length));
  });
  for (const { address, owner, target } of others) {
    addresses[next] = address;
    owners[next] = owner;
    targets[next++] = target;
  }
  return { count, addresses, owners, targets };
}
