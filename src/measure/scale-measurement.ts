/**
 * What the growth lab found: how a system's costs grow with one size of a synthetic program, or with the number of its
 * processes. It is also the format of `scale --json`, specified in docs/formats/scale.md.
 */
import type { Estimate, Machine, ResultHead, UnmeasuredResult, Warning } from './measurement.ts';

/** What grows, all else being equal. */
export const scaleAxes = ['modules', 'imports', 'processes'] as const;
/** What grows. */
export type ScaleAxis = (typeof scaleAxes)[number];

/** What is looked at. `updateMs`: binding again after one library was replaced, with a store. */
export const scaleFigures = ['startupMs', 'privateKb', 'pssKb', 'mappings', 'bindMs', 'updateMs'] as const;
/** What is looked at of each size. */
export type ScaleFigure = (typeof scaleFigures)[number];

/** Of the format. */
export const scaleVersion = 1;

/** How costs grew; docs/formats/scale.md. */
export interface ScaleMeasurement {
  readonly format: 'linkonce-scale';
  readonly version: typeof scaleVersion;
  /** When the run began, ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly settings: ScaleSettings;
  /** One an axis, system and variant. */
  readonly series: readonly ScaleSeries[];
  readonly warnings: readonly Omit<Warning, 'program'>[];
}

/** Sizes, and how often each is run. */
export interface ScaleSettings {
  readonly runs: number;
  /** The sizes of each axis, ascending; empty for an axis that was not looked at. */
  readonly sizes: Readonly<Record<ScaleAxis, readonly number[]>>;
  /** What the other axes are where one grows. */
  readonly fixed: Readonly<Record<ScaleAxis, number>>;
}

export interface ScaleSeries extends ResultHead {
  readonly axis: ScaleAxis;
  readonly points: readonly ScalePoint[];
  /** Of the figures that were measured at three sizes or more. */
  readonly fits: readonly ScaleFit[];
}

/** One size of a series: measured, or why it is not. */
export type ScalePoint = MeasuredPoint | (Omit<UnmeasuredResult, keyof ResultHead> & { readonly at: number });

/** Figures of one program; of the axis `processes` sums over all processes, and the start-up of all, one after the other. */
export interface MeasuredPoint {
  readonly at: number;
  readonly status: 'measured';
  readonly figures: Readonly<Partial<Record<ScaleFigure, Estimate>>>;
}

/** `figure = constant + coefficient × size ^ exponent`; with the part of the variance that it explains (R²). */
export interface ScaleFit {
  readonly figure: ScaleFigure;
  readonly constant: number;
  readonly coefficient: number;
  readonly exponent: number;
  readonly explained: number;
}
