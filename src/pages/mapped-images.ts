/** Images of linkonce among a process's mappings, known by the plan at their head. docs/formats/image.md. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { MapsLine } from '../capture/memory-map.ts';
import type { DecodedPlan, DecodedRow } from '../image/plan.ts';
import { pathOf } from '../image/plan.ts';
import { backingKinds, operations, planMagic, planOffset } from '../image/plan-layout.ts';
import type { DecodedOpened, OpenedRow } from '../image/decode-opened.ts';
import { readOpenedTable } from '../image/read-opened.ts';
import { readPlan } from '../image/verify-image.ts';
import { at } from '../util/present.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { pathOfMapping, readFilePage, rootOf } from './files.ts';
import type { NamedStep, PlacedRegion } from './placed-regions.ts';
import { mappedPlace, namedSteps, placeRegions } from './placed-regions.ts';
import { attempt } from '../util/outcome.ts';

export interface MappedImage {
  /** As in maps. */
  readonly name: string;
  /** Under which the file can be opened. */
  readonly path: string;
  readonly plan: DecodedPlan;
  /** By row; modules as in maps. */
  readonly regions: readonly PlacedRegion[];
  /** What it knows of the modules that the program opens; absent where it knows of none. */
  readonly opened?: OpenedTable;
  /** As in maps: the files of the image’s memory, itself included; not those of modules, whose code stands in them as ever. */
  readonly files: ReadonlySet<string>;
  /** Memory that no file is mapped in, as the loader made it; a later one replaces what it overlaps. */
  readonly made: readonly MadeMemory[];
}

export interface OpenedTable {
  readonly head: DecodedOpened['head'];
  readonly modules: readonly (OpenedRow<'modules'> & { readonly file: string })[];
}

/** Zero memory, or filled with what stands in a file. */
export interface MadeMemory {
  readonly start: Address;
  readonly end: Address;
  readonly filledFrom?: { readonly path: string; readonly offset: FileOffset };
}

/** The images that are mapped where their plan says. */
export function mappedImages(pid: number, lines: readonly MapsLine[]): MappedImage[] {
  return lines
    .filter(({ name, offset, shared }) => name.startsWith('/') && offset === planOffset && !shared)
    .flatMap((line) => imageAt(pid, line, lines) ?? []);
}

function imageAt(pid: number, line: MapsLine, lines: readonly MapsLine[]): MappedImage | undefined {
  const file = pathOfMapping(pid, line);
  if (file === undefined || readFilePage(file, planOffset)?.readBigUInt64LE(0) !== planMagic)
    return undefined;
  const plan = planOf(file);
  if (plan === undefined || Number(plan.header.plan_address) !== line.start) return undefined;
  const root = rootOf(pid);
  const steps = namedSteps(plan, (backing) => nameOf(backing, plan, root, lines) ?? line.name);
  const regions = placeRegions(plan, steps, lines).map(({ module, ...region }) => ({
    ...region,
    ...(module !== undefined && { module: realPath(module, root) }),
  }));
  const decoded = openedOf(file, plan);
  const opened = decoded && openedTable(decoded, root);
  const modules = new Set([
    ...regions.map(({ module }) => module),
    ...(opened?.modules ?? []).map((row) => row.file),
  ]);
  const filesOfPieces = (decoded?.rows('files') ?? [])
    .filter(({ inode }) => inode !== 0n)
    .map((row) => realPath(decoded?.text(row.path) ?? '', root));
  const files = [...steps.map(({ name }) => name), ...filesOfPieces].filter((name) => !modules.has(name));
  const made = madeMemory(steps, regions, root);
  return {
    ...{ name: line.name, path: file, plan, regions, files: new Set([line.name, ...files]), made },
    ...(opened && { opened }),
  };
}

function openedTable(decoded: DecodedOpened, root: string): OpenedTable {
  const modules = decoded
    .rows('modules')
    .map((row) => ({ ...row, file: realPath(decoded.text(row.path), root) }));
  return { head: decoded.head, modules };
}

/** The same of what the opener knows. */
function openedOf(file: string, plan: DecodedPlan): DecodedOpened | undefined {
  const opened = attempt(() => readOpenedTable(file, plan));
  return 'failure' in opened ? undefined : opened.value;
}

/** Undefined for an image that is damaged, or of another version: its pages are compared as any file's. */
function planOf(file: string): DecodedPlan | undefined {
  const plan = attempt(() => readPlan(file));
  return 'failure' in plan ? undefined : plan.value;
}

/** What maps calls a backing; undefined for the image itself. */
function nameOf(
  backing: DecodedRow<'backings'>,
  plan: DecodedPlan,
  root: string,
  lines: readonly MapsLine[],
): string | undefined {
  const file = pathOf(plan, backing);
  if (file === '') return undefined;
  if (backing.kind !== BigInt(backingKinds.shown)) return realPath(file, root);
  const place = mappedPlace(realPath(plan.text(plan.header.places_path), root), lines);
  return path.join(place ?? '', path.basename(file));
}

/** Below the process’s root; as it is where there is no such file. */
function realPath(file: string, root: string): string {
  try {
    return realpathSync(root + file).slice(root.length);
  } catch {
    return file;
  }
}

const zeroOperations: readonly number[] = [operations.mapZero, operations.mapZeroOver];

function madeMemory(
  steps: readonly NamedStep[],
  regions: readonly PlacedRegion[],
  root: string,
): MadeMemory[] {
  return steps.flatMap(({ step, name }) => {
    const operation = Number(step.operation);
    const isFilled = operation === operations.fill;
    if (!isFilled && !zeroOperations.includes(operation)) return [];
    const start = Number(step.address) + at(regions, Number(step.region), 'region').shift;
    const filledFrom = { path: root + name, offset: Number(step.offset) };
    return [{ start, end: start + Number(step.length), ...(isFilled && { filledFrom }) }];
  });
}
