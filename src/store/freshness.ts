/** Which programs of a store no longer run from it, and why. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readMaps } from '../capture/memory-map.ts';
import { readPlan } from '../image/verify-image.ts';
import { pathKinds } from '../image/plan-layout.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { pathOf, rowIdentity } from '../image/plan.ts';
import { isSameAudience, readersOf } from '../program/audience.ts';
import type { CachedAnswer } from '../program/cached-answers.ts';
import { currentAnswers } from '../program/cached-answers.ts';
import { fileIdentity, sameIdentity } from '../program/file-identity.ts';
import type { FileIdentity, Module } from '../program/program.ts';
import { nativePart } from '../util/native.ts';
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { filesOf } from './catalogue.ts';
import { statusOf } from '../util/status.ts';
import { attempt } from '../util/outcome.ts';

/** What the loader would find not as at bind; undefined where all is. */
export function staleReason(plan: DecodedPlan): string | undefined {
  return changedFile(plan) ?? otherAnswer(plan);
}

/** The same without the files: what no replacement by an equal file explains. */
export function otherAnswer(plan: DecodedPlan): string | undefined {
  return changedLink(plan) ?? changedPath(plan) ?? changedMachine(plan);
}

/** `files`: the store's folder of files. One of a program's that the loader would not accept, and why. */
export function damageOf(files: string, program: StoredProgram): string | undefined {
  const missing = filesOf(program).find((name) => !existsSync(path.join(files, name)));
  if (missing !== undefined) return `${path.join(files, missing)}: is missing`;
  const changed = attempt(() => changedBacking(files, readPlan(path.join(files, program.image))));
  return 'failure' in changed ? changed.failure.message : changed.value;
}

function changedBacking(files: string, plan: DecodedPlan): string | undefined {
  const changed = plannedFiles(plan, 'backings')
    .filter(({ path: file }) => path.dirname(file) === files)
    .find(isChanged);
  return changed && `${changed.path}: is not as it was written`;
}

interface PlannedFile {
  readonly path: string;
  readonly identity: FileIdentity;
}

/** Paths of the files that a plan's program was made of, or that it maps, with what they were. */
export function plannedFiles(plan: DecodedPlan, table: 'files' | 'backings' = 'files'): PlannedFile[] {
  return plan.rows(table).map((row) => ({ path: pathOf(plan, row), identity: rowIdentity(row) }));
}

function changedFile(plan: DecodedPlan): string | undefined {
  const changed = changedFiles(plan).find(({ path: file }) => !isSameCache(plan, file));
  return changed && `${changed.path} changed`;
}

/** Files that are others than the plan names, also where they say the same: a start then asks what they say. */
export function changedFiles(plan: DecodedPlan): PlannedFile[] {
  return plannedFiles(plan).filter(isChanged);
}

/** The linker's cache may be written anew: what it says of this program's libraries counts. */
function isSameCache(plan: DecodedPlan, file: string): boolean {
  if (file !== plan.text(plan.header.cache_path)) return false;
  const now = attempt(() => currentAnswers(cachedNames(plan)));
  return 'value' in now && isDeepStrictEqual(now.value, answersOfPlan(plan));
}

/** The names that the linker may look up there. */
export function cachedNames(plan: DecodedPlan): string[] {
  return answersOfPlan(plan).map(({ name }) => name);
}

/** What the linker's cache said when the program was bound. */
export function answersOfPlan(plan: DecodedPlan): CachedAnswer[] {
  return plan.rows('cached').map(({ name, digest }) => ({ name: plan.text(name), digest }));
}

function isChanged({ path: file, identity }: PlannedFile): boolean {
  const now = identityOf(file);
  return !now || !sameIdentity(now, identity);
}

/** Undefined where there is no such file. */
export function identityOf(file: string): FileIdentity | undefined {
  try {
    return fileIdentity(file);
  } catch {
    return undefined;
  }
}

function changedLink(plan: DecodedPlan): string | undefined {
  const changed = plan
    .rows('links')
    .map((row) => ({ link: plan.text(row.path), text: plan.text(row.text) }))
    .find(({ link, text }) => textOf(link) !== text);
  return changed && `${changed.link} leads elsewhere`;
}

function textOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

function changedPath(plan: DecodedPlan): string | undefined {
  for (const row of plan.rows('paths')) {
    const name = plan.text(row.path);
    // Of the current directory of a start that is to come nobody knows anything.
    if (!path.isAbsolute(name)) continue;
    if (!isAsAtBind(Number(row.kind), name)) return `${name} ${statusOf(name) ? 'is there now' : 'is gone'}`;
  }
  return undefined;
}

function isAsAtBind(kind: number, name: string): boolean {
  const status = statusOf(name);
  if (kind === pathKinds.directory) return status?.isDirectory() === true;
  return !status || (kind === pathKinds.noFolder && isEmptyFolder(name));
}

function isEmptyFolder(name: string): boolean {
  try {
    return readdirSync(name).length === 0;
  } catch {
    return false;
  }
}

/** This process has the same vdso as any other. */
function changedMachine(plan: DecodedPlan): string | undefined {
  const notes = plan.bytes(plan.header.vdso_notes, plan.header.vdso_notes_size);
  return vdso().includes(notes) ? undefined : 'the kernel changed';
}

let vdsoBytes: Buffer | undefined;

function vdso(): Buffer {
  vdsoBytes ??= readVdso();
  return vdsoBytes;
}

function readVdso(): Buffer {
  const range = readMaps(process.pid).find(({ name }) => name === '[vdso]');
  if (!range) return Buffer.alloc(0);
  const bytes = Buffer.alloc(range.end - range.start);
  const file = openSync('/proc/self/mem', 'r');
  readSync(file, bytes, 0, bytes.length, range.start);
  closeSync(file);
  return bytes;
}

/** Whether every module is for those users who could read it when it was bound. */
export function isForSameUsers({ modules }: Pick<Catalogue, 'modules'>): boolean {
  return modules.every(({ path: file, readers }) => isSameAudience(readersOf([file]), readers));
}

/** SHA-256 of a file, in hexadecimal. */
export function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** The same of a module's bytes as they were read. */
export function moduleDigest({ elf }: Module): string {
  return createHash('sha256').update(elf.bytes).digest('hex');
}

/** Of the loader that goes into images. */
export function loaderDigest(): string {
  return digestOf(nativePart('loader.bin'));
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
