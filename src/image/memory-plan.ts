/**
 * From pieces to what the loader does: spans of neighbouring ranges, each mapped from one file by one call and then given its
 * protections, so that a program of hundreds of modules needs few calls.
 */
import type { Blueprint, ProcessWord } from '../provenance/explained.ts';
import type { Address, FileOffset } from '../util/units.ts';
import type { Backing } from './backing.ts';
import { own, pathOfBacking } from './backing.ts';
import type { Filing } from './filing.ts';
import { inDirectories } from './in-directories.ts';
import type { OpenedPiece } from './opened-table.ts';
import type { Piece } from './pieces.ts';
import { PROT } from './pieces.ts';
import { planOffset } from './plan-layout.ts';
import type { Rules, Seal } from './protections.ts';
import { heapSeals, protectionRules, sealsOf } from './protections.ts';
import type { PlanRegions } from './regions.ts';
import type { Span } from './spans.ts';
import { collectSpans } from './spans.ts';
import type { Run, Step } from './steps.ts';
import { baseProtection, runSteps, spanSteps } from './steps.ts';

/** What is mapped from one backing. */
export interface BackingSteps {
  readonly backing: Backing;
  /** See `inDirectories`; the own image has no path. */
  readonly directory: string;
  readonly path: string;
  readonly steps: readonly Step[];
}

/** A part of a piece that the own image holds. */
export interface OwnPart {
  readonly piece: Piece;
  readonly address: Address;
  readonly length: number;
  readonly offset: FileOffset;
}

export interface MemoryPlan {
  readonly backings: readonly BackingSteps[];
  readonly seals: readonly Seal[];
  readonly own: readonly OwnPart[];
  /** What is mapped when a module is opened. */
  readonly opened: readonly OpenedPiece[];
  /** Bytes of memory that the mapping of plan and loader goes on over: its first span continues them. */
  readonly headLength: number;
  /** Where the own image ends. */
  readonly fileSize: FileOffset;
}

export interface MemoryInput {
  readonly blueprint: Blueprint;
  readonly regions: PlanRegions;
  readonly pieces: readonly Piece[];
  readonly words: readonly ProcessWord[];
  readonly filing: Filing;
  /** Where plan and loader end. */
  readonly headEnd: Address;
  /** Bytes of both; they begin at `planOffset` of the own image. */
  readonly headSize: number;
}

export function planMemory(input: MemoryInput): MemoryPlan {
  const { blueprint, headSize, regions } = input;
  const rules = protectionRules(input.words, regions);
  const pieces = input.pieces.filter(({ opened }) => !opened);
  const { spans, runs } = spread(pieces, input);
  const later = spread(
    input.pieces.filter(({ opened }) => opened),
    input,
  );
  const start = planOffset + headSize;
  const parts = placeOwn([...spans, ...later.spans], [...runs, ...later.runs], start);
  const head = headSpan(spans, rules, input);
  const stepsOf = (span: Span): Step[] => spanSteps(span, rules, span === head);
  const last = parts.at(-1);
  return {
    backings: [
      ...byBacking(
        spans.filter(({ fixed }) => !fixed),
        stepsOf,
      ),
      ...byBacking(runs, (run) => runSteps(run, rules)),
      ...byBacking(
        spans.filter(({ fixed }) => fixed),
        stepsOf,
      ),
    ],
    seals: [...pieces.flatMap((piece) => sealsOf(piece, rules)), ...heapSeals(blueprint, regions)],
    own: parts,
    opened: [...later.spans.flatMap(piecesOfSpan), ...later.runs.map(pieceOfRun)],
    headLength: head?.length ?? 0,
    fileSize: last ? last.offset + last.length : start,
  };
}

/** Spans of pieces at one place, and the runs over them. */
function spread(
  pieces: readonly Piece[],
  { filing, regions }: MemoryInput,
): { readonly spans: readonly Span[]; readonly runs: readonly Run[] } {
  const runs = pieces.filter((piece) => filing.home(piece)).flatMap((piece) => runsOf(piece, filing));
  return { spans: collectSpans(pieces, filing, regions), runs };
}

/** Modules are opened one by one. */
function piecesOfSpan({ address: start, backing, offset, pieces }: Span): OpenedPiece[] {
  return pieces.map(({ region, address, length }) => ({
    ...{ region, address, length, backing },
    offset: offset + address - start,
    isOver: false,
  }));
}

function pieceOfRun({ piece: { region }, address, length, backing, offset }: Run): OpenedPiece {
  return { region, address, length, backing, offset, isOver: true };
}

function runsOf(piece: Piece, filing: Filing): Run[] {
  return filing.overlays(piece).map(({ address, length, place }) => {
    const { file: backing, offset } = place ?? { file: own, offset: 0 };
    return { piece, address, length, backing, offset };
  });
}

/** Gives everything that no shared file holds its place in the own image, behind plan and loader. */
function placeOwn(spans: readonly Span[], runs: readonly Run[], start: FileOffset): OwnPart[] {
  const parts: OwnPart[] = [];
  let next = start;
  const put = (piece: Piece, { address, length }: { readonly address: Address; readonly length: number }) => {
    parts.push({ piece, address, length, offset: next });
    next += length;
  };
  const isOwn = ({ backing }: { readonly backing: Backing }): boolean => backing.kind === 'own';
  for (const span of spans.filter(isOwn)) {
    span.offset = next;
    for (const piece of span.pieces) put(piece, piece);
  }
  for (const run of runs.filter(isOwn)) {
    run.offset = next;
    put(run.piece, run);
  }
  return parts;
}

/** Plan and loader are mapped by one call, readable and executable. */
const headProtection = PROT.read | PROT.execute;

/** The span that continues plan and loader in memory and in the file, with their protection: one call maps all. */
function headSpan(
  spans: readonly Span[],
  rules: Rules,
  { headEnd, headSize, regions }: MemoryInput,
): Span | undefined {
  const next = spans.find(
    ({ address, backing, offset }) =>
      address === headEnd && backing.kind === 'own' && offset === planOffset + headSize,
  );
  if (!next || regions.isMovable(regions.rowOf(next.first.region))) return undefined;
  return baseProtection(next, rules) === headProtection ? next : undefined;
}

/** One without steps is left out. */
function byBacking<T extends { readonly backing: Backing }>(
  items: readonly T[],
  stepsOf: (item: T) => Step[],
): BackingSteps[] {
  const groups = new Map<string, { readonly backing: Backing; readonly steps: Step[] }>();
  for (const item of items) {
    const path = pathOfBacking(item.backing);
    const group = groups.get(path) ?? { backing: item.backing, steps: [] };
    groups.set(path, group);
    group.steps.push(...stepsOf(item));
  }
  const taken = [...groups.values()].filter(({ steps }) => steps.length > 0);
  return inDirectories(taken, ({ backing }) => pathOfBacking(backing)).map(({ value, ...names }) => ({
    ...value,
    ...names,
  }));
}
