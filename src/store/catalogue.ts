/**
 * What a store knows: modules and their addresses, programs and their files, and what stands where. One text file in each
 * generation: docs/formats/store.md.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AddressSpace, Holding } from '../ranges/addresses.ts';
import type { Stock } from '../files/stock.ts';
import type { Audience } from '../program/audience.ts';
import type { Variables } from '../program/environment.ts';
import type { ModuleFacts } from '../program/facts.ts';
import { LinkonceError } from '../util/errors.ts';
import { fromJson, toJson } from '../util/json.ts';
import { names } from './folder.ts';
import { isNowhere, statusOf } from '../util/status.ts';
import type { Address } from '../util/units.ts';

/** When a store draws its addresses anew: by `reslideStore`, or at each boot. */
export type Slide = 'store' | 'boot';

/** What is said once, when a store is made. */
export interface StoreSettings {
  readonly system: string;
  readonly variant: string;
  /** Bits of the space for module addresses. */
  readonly window: number;
  /** Where the system has its tables; absent: where it likes. */
  readonly bases?: readonly Address[] | undefined;
  /** When the base is drawn anew. */
  readonly slide: Slide;
  /** Pages: see files/member-filing.ts. */
  readonly gap: number;
  /** Who may know the addresses of its processes: all files that say them are for these at most. */
  readonly readers: Audience;
}

/** A module as it was read. */
export interface KnownModule extends ModuleFacts {
  /** Of its content, in hexadecimal: util/content-digest.ts. */
  readonly digest: string;
  /** Who might read it; its bytes stand in files of the store for nobody else. */
  readonly readers: Audience;
}

/** One form of a program: it is bound for one set of the linker's variables. */
export interface StoredProgram {
  /** In `bin`; all forms of a program have the same. */
  readonly name: string;
  /** What the linker's variables must be at a start; empty: none is set. */
  readonly variables: Variables;
  /** As in `ProgramFacts`. */
  readonly invocation: string;
  readonly asInterpreter: boolean;
  /** Why the platform's linker runs it at each start; it has no files then. */
  readonly relocatedAtStart?: string;
  /** Why it could not be bound after a change: what it had stays, hands over, and the next update tries again. */
  readonly failed?: string;
  /** Why it did not run from the store though it was bound again for that: the next update does not bind in vain. */
  readonly unmended?: string;
  /** File names below `files`. */
  readonly record: string;
  readonly image: string;
  readonly launcher: string;
  /** The launcher as an interpreter, where the program is started by a copy of itself. */
  readonly loader?: string;
  /** Shared files that it maps. */
  readonly shared: readonly string[];
  /** Paths of its modules. */
  readonly modules: readonly string[];
  /** Paths of modules that it opens with dlopen(3), with all that they need. */
  readonly opened: readonly string[];
  /** Of these, the ones that ld.so relocates each time, and why. */
  readonly unprepared: readonly UnpreparedModule[];
  /** Pages that its linker writes in each process of it. */
  readonly writtenPages: number;
  /** Relocated pages in its own image. */
  readonly ownPages: number;
  readonly notes: readonly string[];
}

/** A module that a program opens, and ld.so relocates as ever. */
export interface UnpreparedModule {
  readonly path: string;
  /** One line. */
  readonly reason: string;
}

export interface Catalogue {
  readonly settings: StoreSettings;
  readonly space: AddressSpace;
  /** boot_id of the machine when the base was drawn. */
  readonly boot: string;
  /** SHA-256 of native/loader.bin. */
  readonly loader: string;
  readonly holdings: readonly Holding[];
  readonly modules: readonly KnownModule[];
  readonly programs: readonly StoredProgram[];
  /** For each name that has several forms. */
  readonly launchers: readonly JoinedLauncher[];
  readonly stock: Stock;
}

/** A launcher of several forms. */
export interface JoinedLauncher {
  readonly name: string;
  /** File names below `files`, as those of `StoredProgram`. */
  readonly launcher: string;
  readonly loader?: string;
  /** The launchers of its forms. */
  readonly forms: readonly string[];
}

/** What tells the forms of all programs apart. */
export function keyOf({ name, variables }: Pick<StoredProgram, 'name' | 'variables'>): string {
  return [name, ...variables].join('\0');
}

/** The same for people: `git`, or `git with MALLOC_ARENA_MAX=2`. */
export function titleOf({ name, variables }: Pick<StoredProgram, 'name' | 'variables'>): string {
  return variables.length === 0 ? name : `${name} with ${variables.join(' ')}`;
}

/** By name, the forms of one program in the order of their variables, the plain one first. */
export function compareForms(a: StoredProgram, b: StoredProgram): number {
  const [first, second] = [keyOf(a), keyOf(b)];
  return first < second ? -1 : Number(first > second);
}

/** The file below `files` that people start by a name; empty: the program itself. */
export function launcherOfName({ programs, launchers }: Catalogue, name: string): string {
  const joined = launchers.find((each) => each.name === name);
  if (joined) return joined.launcher;
  const forms = programs.filter((each) => each.name === name && each.launcher !== '');
  const [form] = [...forms.filter(({ failed }) => failed === undefined), ...forms];
  return form?.launcher ?? '';
}

const format = 'linkonce-store';
export const catalogueVersion = 8;

/** Two lines of JSON: format, version and checksum of the second one. */
export function encodeCatalogue(catalogue: Catalogue): string {
  const body = toJson(catalogue);
  return `${JSON.stringify({ format, version: catalogueVersion, sha256: digestOf(body) })}\n${body}\n`;
}

/** Throws LinkonceError naming `file` where the text is no whole catalogue of this version. */
export function decodeCatalogue(text: string, file: string): Catalogue {
  const [first = '', body = ''] = text.split('\n');
  const head = parseHead(first);
  if (head?.format !== format) throw new LinkonceError(`${file}: not a catalogue of linkonce`);
  if (head.version !== catalogueVersion)
    throw new LinkonceError(
      `${file}: a catalogue of version ${String(head.version)}, not ${String(catalogueVersion)}: \`store update\` binds its programs anew`,
    );
  if (head.sha256 !== digestOf(body)) throw new LinkonceError(`${file}: the catalogue is damaged`);
  return fromJson(body) as Catalogue;
}

function parseHead(line: string): { format?: unknown; version?: unknown; sha256?: unknown } | undefined {
  try {
    return JSON.parse(line) as { format?: unknown };
  } catch {
    return undefined;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The catalogue of the current generation; undefined where there is no store yet. Throws LinkonceError where it is for others. */
export function readCatalogue(store: string): Catalogue | undefined {
  const file = path.join(store, names.current, names.catalogue);
  // Who reads without the lock may meet a commit between the link and what it led to.
  const text = readIfThere(file) ?? readIfThere(file);
  return text === undefined ? undefined : decodeCatalogue(text, file);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES' && statusOf(file) !== undefined)
      throw new LinkonceError(`${file}: is not for this user: the store has other readers`, { cause: error });
    if (isNowhere(error)) return undefined;
    throw error;
  }
}

/** A catalogue that another version of linkonce wrote: what stands in it is that version's own. */
export interface OtherVersion {
  readonly version: unknown;
  readonly body: unknown;
}

/** Undefined where the store has a catalogue of this version, or none that is whole. */
export function readOtherVersion(store: string): OtherVersion | undefined {
  const text = readIfThere(path.join(store, names.current, names.catalogue)) ?? '';
  const [first = '', body = ''] = text.split('\n');
  const head = parseHead(first);
  const isOther = head?.format === format && head.version !== catalogueVersion;
  if (!isOther || head.sha256 !== digestOf(body)) return undefined;
  return { version: head.version, body: fromJson(body) };
}

/** The catalogue of the current generation; throws LinkonceError where there is none. */
export function requireCatalogue(store: string): Catalogue {
  const catalogue = readCatalogue(store);
  if (!catalogue) throw new LinkonceError(`${store}: there is no store; \`store add\` makes one`);
  return catalogue;
}

/** Paths of all modules that a process of it may have. */
export function allModules({ modules, opened }: Pick<StoredProgram, 'modules' | 'opened'>): string[] {
  return [...modules, ...opened];
}

/** Whether its files are those of its modules as the store knows them. */
export function isBound({ relocatedAtStart, failed }: StoredProgram): boolean {
  return relocatedAtStart === undefined && failed === undefined;
}

/** Names below `files` that a catalogue needs. */
export function referencedFiles({ programs, launchers, stock }: Catalogue): ReadonlySet<string> {
  const shared = [...stock.modules, ...stock.runs.map(({ place }) => place)].map(({ file }) => file.path);
  const joined = launchers.flatMap(({ launcher, loader = launcher }) => [launcher, loader]);
  return new Set([
    ...[...programs.flatMap(filesOf), ...joined],
    ...shared.map((file) => path.basename(file)),
  ]);
}

export function filesOf({ record, image, launcher, loader, shared }: StoredProgram): string[] {
  return [record, image, launcher, ...(loader === undefined ? [] : [loader]), ...shared].filter(
    (name) => name !== '',
  );
}
