/**
 * The library: `import { … } from 'linkonce'`. What the command line does, as functions that return values.
 *
 * - {@link bindProgram} writes a launcher, {@link comparePrograms} measures systems side by side, {@link compareCalls} times calls
 *   between modules, {@link explainProgram} says what the dynamic linker's words are made of, {@link explainPages} which pages of a
 *   running process are private and why.
 * - A system is chosen by {@link chooseSystem}; {@link systems} has all of them, with what each states of itself. An own one is a value of
 *   the type {@link System} (docs/adding-a-system.md).
 * - A {@link Measurement} is plain data: {@link writeMeasurement} and {@link readMeasurement} keep it as JSON (docs/formats), {@link renderText},
 *   {@link renderMarkdown}, {@link renderCsv} and {@link renderHtml} show it.
 *
 * Times are in ms, memory in kB of 1,024 bytes, if a field's name does not say otherwise. What a person can mend is a
 * {@link LinkonceError} with one line; a program that a system cannot serve is a {@link Refusal}, which is one. Anything else that is
 * thrown is a bug. Linux x86-64 only.
 *
 * @module
 */
export { bindProgram, compareCalls, comparePrograms, explainProgram } from './pipeline.ts';
export type {
  BindSettings,
  BoundImage,
  CallLabSettings,
  CompareRequest,
  CompareSettings,
  OnProgress,
  SystemChoice,
} from './pipeline.ts';

export { chooseSystem } from './systems/choose.ts';
export { findSystem, systems } from './systems/registry.ts';
export { buildVariant } from './systems/build-variant.ts';
export type { BuildRequest } from './systems/build-variant.ts';
export type { Randomness, System, SystemProperties, SystemVariant } from './systems/system.ts';

export type { AddressFormat, AddressField } from './ranges/address-format.ts';
export type { FolderRequest } from './bind/folder-bind.ts';
export type { Outcome } from './util/outcome.ts';
export type { Subject } from './bind/subject.ts';
export type { Image } from './image/image.ts';
export type { FileIdentity, Module, Program } from './program/program.ts';
export type { Explained } from './provenance/explained.ts';

export { explainPages } from './pages/explain-pages.ts';
export { reasons } from './pages/pages.ts';
export type {
  Area,
  MappingPages,
  PagesReport,
  PrivatePages,
  Reason,
  Total,
  WordCounts,
} from './pages/pages.ts';

export { readJson as readMeasurement, writeJson as writeMeasurement } from './report/json.ts';
export { renderCsv } from './report/csv.ts';
export { renderHtml } from './report/html.ts';
export { renderMarkdown } from './report/markdown.ts';
export { renderText, type Look } from './report/text.ts';
export { baseLine, isBaseLine, nameOf } from './measure/measurement.ts';
export type {
  Estimate,
  FrameSharing,
  GrowthPoint,
  Machine,
  MeasuredProgram,
  MeasuredResult,
  MeasuredWorkload,
  Measurement,
  ProcessMemory,
  Result,
  ResultHead,
  Settings,
  Spread,
  UnmeasuredResult,
  Warning,
  WorkloadProcess,
  WorkloadResult,
} from './measure/measurement.ts';
export type { AddressSpace } from './measure/address-space.ts';
export { figureIds } from './measure/call-measurement.ts';
export type {
  CallFigure,
  CallFigures,
  CallMeasurement,
  CallResult,
  CallSettings,
  FigureId,
  MeasuredCalls,
} from './measure/call-measurement.ts';
export type { RunSettings } from './measure/subject.ts';

export type { Address, FileOffset } from './util/units.ts';
export { ElfError, LinkonceError, Refusal } from './util/errors.ts';
