/**
 * What the call lab found: the value between measuring and its reports. It is also the format of `calls --json`, specified in
 * docs/formats/calls.md.
 */
import type { Distance } from '../calls/distance.ts';
import type { Estimate, Machine, ResultHead, UnmeasuredResult } from './result.ts';

/** What the probe prints (native/probe/main.c), in the order of the tables. */
export const figureIds = [
  'direct-plt',
  'direct-got',
  'tail-plt',
  'tail-got',
  'pointer',
  'constant',
  'cold-plt',
  'cold-got',
  'first-plt',
  'first-got',
  'loop',
] as const;

/** A kind of call, or what calls are compared with; docs/formats/calls.md says what each is. */
export type FigureId = (typeof figureIds)[number];

/** Of the format. */
export const callsVersion = 2;

/** One run of `calls`. */
export interface CallMeasurement {
  readonly format: 'linkonce-calls';
  readonly version: typeof callsVersion;
  /** When the run began, ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly settings: CallSettings;
  /** The same object code in one executable, its calls made direct by the linker. */
  readonly staticLink: CallFigures;
  readonly results: readonly CallResult[];
  /** Jumps and calls of this processor by the distance of their targets, ascending; absent in files of version 1. */
  readonly jumps?: readonly JumpsAtDistance[];
}

/** How a run was made. */
export interface CallSettings {
  /** Processes of each: one a round. */
  readonly rounds: number;
  /** Calls of a timed loop; a multiple of 16. */
  readonly calls: number;
  /** How often a process times each loop and each cold walk. */
  readonly repetitions: number;
  /** Whether each is measured with its modules arranged for the distance that is not usual, too; absent: no. */
  readonly bothDistances?: boolean;
}

/** What was found of one system and variant. */
export type CallResult = MeasuredCalls | UnmeasuredResult;

/** Figures of one system and variant. */
export interface MeasuredCalls extends ResultHead {
  readonly status: 'measured';
  /** As the system arranges modules. */
  readonly figures: CallFigures;
  /** How far calls lead then; absent in files of version 1. */
  readonly distance?: Distance;
  /** With modules arranged for the other distance; absent where that was not asked for. */
  readonly other?: OtherDistance;
}

/** Figures, or why there are none. */
export type OtherDistance =
  { readonly status: 'measured'; readonly figures: CallFigures } | Omit<UnmeasuredResult, keyof ResultHead>;

/** Indirect jumps, and calls, whose target lies so far behind them: ns of one, medians of the processes. */
export interface JumpsAtDistance {
  readonly bytes: number;
  /** There, and back by another one: of both. */
  readonly jumpNs: Estimate;
  /** There, and back by a return. */
  readonly callNs: Estimate;
}

/** Of one system and variant, or of the static link. */
export type CallFigures = Readonly<Record<FigureId, CallFigure>>;

/** What one kind of call costs. */
export interface CallFigure {
  /** Of one call. */
  readonly ns: Estimate;
  /** Median of the rounds' ratios to the static link: above 1 is slower. */
  readonly toStatic: Estimate;
  /** To `got-plt lazy`. */
  readonly toBaseLine: Estimate;
  /** ns of one call in each process, in the order of the rounds. */
  readonly samplesNs: readonly number[];
}
