/**
 * The library: `import { … } from 'linkonce'`. What the command line does, as functions that return values.
 *
 * - {@link bindProgram} writes a launcher, {@link comparePrograms} measures systems side by side, {@link compareCalls} times calls
 *   between modules, {@link explainProgram} says what the dynamic linker's words are made of, {@link explainPages} which pages of a
 *   running process are private and why.
 * - A system is chosen by {@link chooseSystem}; {@link systems} has all of them, with what each states of itself. An own one is a value of
 *   the type {@link System} (docs/adding-a-system.md).
 * - {@link storeAt} names a store, for {@link addPrograms}, {@link listStore}, {@link updateStore} and the other functions that keep many programs
 *   bound; {@link examineMachine} says what is missing for it on this machine.
 * - {@link compareGrowth} measures how costs grow; what need not be measured is computed: {@link costOf}, {@link collisionProbability},
 *   {@link saturationCurve}, {@link layoutCost} (docs/models.md).
 * - A {@link Measurement} is plain data: {@link writeMeasurement} and {@link readMeasurement} keep it as JSON (docs/formats), {@link renderText},
 *   {@link renderMarkdown}, {@link renderCsv} and {@link renderHtml} show it.
 *
 * The types need no other package: what is a `Buffer` is a `Uint8Array` where `@types/node` is not there.
 *
 * Times are in ms, memory in kB of 1,024 bytes, if a field's name does not say otherwise. What a person can mend is a
 * {@link LinkonceError} with one line; a program that a system cannot serve is a {@link Refusal}, which is one. Anything else that is
 * thrown is a bug. Linux x86-64 only.
 *
 * @module
 */
export {
  bindProgram,
  compareCalls,
  compareGrowth,
  comparePrograms,
  examineMachine,
  explainProgram,
} from './pipeline.ts';
export type {
  BindSettings,
  BoundImage,
  CallLabSettings,
  CompareRequest,
  CompareSettings,
  OnProgress,
  ScaleLabSettings,
  SystemChoice,
} from './pipeline.ts';
export type { Finding } from './doctor/finding.ts';

export { chooseSystem } from './systems/choose.ts';
export { findSystem, systems } from './systems/registry.ts';
export { buildVariant } from './systems/build-variant.ts';
export type { BuildRequest } from './systems/build-variant.ts';
export type { Constants, Randomness, System, SystemProperties, SystemVariant } from './systems/system.ts';

export type { AddressFormat, AddressField } from './ranges/address-format.ts';
export type { FolderRequest } from './bind/folder-bind.ts';
export type { Failure, Outcome } from './util/outcome.ts';
export type { Subject } from './bind/subject.ts';
export type { EntryUse } from './image/entry-use.ts';
export type { Image } from './image/image.ts';
export type { FileIdentity, Module, Program } from './program/program.ts';
export type { Explained } from './provenance/explained.ts';

export { explainPages } from './pages/explain-pages.ts';
export { reasons } from './pages/pages.ts';
export type {
  Area,
  MappingPages,
  OpenedPages,
  PagesReport,
  PrivatePages,
  Reason,
  Total,
  WordCounts,
} from './pages/pages.ts';

export { readJson as readMeasurement, writeJson as writeMeasurement } from './report/json.ts';
export type { Beside } from './report/collect-report.ts';
export { renderCsv } from './report/csv.ts';
export { renderHtml } from './report/html.ts';
export { renderMarkdown } from './report/markdown.ts';
export { renderText, type Look } from './report/text.ts';
export { baseLine, isBaseLine, nameOf } from './measure/measurement.ts';
export type {
  CompressedMemory,
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
  JumpsAtDistance,
  MeasuredCalls,
  OtherDistance,
} from './measure/call-measurement.ts';
export type { RunSettings } from './measure/subject.ts';

export { storeAt } from './store/lock.ts';
export type { StoreContext } from './store/lock.ts';
export type { OnProgress as OnStep } from './store/session.ts';
export type { Patience } from './store/await-lock.ts';
export {
  addPrograms,
  collectStore,
  exportStore,
  removePrograms,
  reslideStore,
  undoStore,
  updateStore,
} from './store/store.ts';
export type { Added } from './store/store.ts';
export { moveStore } from './store/move.ts';
export type { Moved } from './store/move.ts';
export { learnProgram } from './store/learn.ts';
export type { Learnt, LearnRequest } from './store/learn.ts';
export { listStore } from './store/list.ts';
export type { ListedProgram, Listing } from './store/list.ts';
export { verifyStore } from './store/verify.ts';
export type { Verified } from './store/verify.ts';
export type { Updated } from './store/update.ts';
export type { AddRequest, ProgramFailure } from './store/wishes.ts';
export type { Leftover } from './store/commit.ts';
export type { Slide, StoredProgram, StoreSettings, UnpreparedModule } from './store/catalogue.ts';
export type { OpenedChoice } from './capture/choose-opened.ts';
export type { HandOvers } from './image/hand-over-count.ts';
export type { Audience } from './program/audience.ts';
export type { Variables } from './program/environment.ts';
export { listProcesses } from './pages/store-processes.ts';
export type { ChangedFile } from './pages/changed-files.ts';
export type { ProcessesReport, StoreProcess } from './pages/store-processes.ts';

export { scaleAxes, scaleFigures } from './measure/scale-measurement.ts';
export { readScaleJson as readScale, writeScaleJson as writeScale } from './report/scale-json.ts';
export { renderScale } from './report/scale-table.ts';
export type {
  MeasuredPoint,
  ScaleAxis,
  ScaleFigure,
  ScaleFit,
  ScaleMeasurement,
  ScalePoint,
  ScaleSeries,
  ScaleSettings,
} from './measure/scale-measurement.ts';

export { distinctLayouts, groupedCost, layoutCost } from './models/aslr.ts';
export type { Drawn, LayoutCost, LayoutSettings } from './models/aslr.ts';
export {
  approximateCollisionProbability,
  blockCollisionProbability,
  collisionProbability,
  librariesAtProbability,
  simulateCollisions,
} from './models/collision.ts';
export type { CollisionTrials, Random } from './models/collision.ts';
export { costOf, syntheticTree } from './models/cost.ts';
export type { ProcessCosts, ProgramSize } from './models/cost.ts';
export type { CostLaw, ProgramQuantities, Terms } from './models/cost-law.ts';
export { saturationByDepth } from './models/dependency-tree.ts';
export type { TreeDescription, TreeSaturation } from './models/dependency-tree.ts';
export { memoryOfProcesses } from './models/memory-growth.ts';
export type { MemoryLaw } from './models/memory-growth.ts';
export { saturationCurve, simulateSaturation } from './models/saturation.ts';
export type { CurveSettings, Importer, SaturationPoint } from './models/saturation.ts';
export type { Simulated } from './models/wilson.ts';
export { hashName } from './ranges/hash-name.ts';

export type { Address, FileOffset } from './util/units.ts';
export { ElfError, LinkonceError, Refusal } from './util/errors.ts';
