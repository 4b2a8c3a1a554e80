/**
 * What a store knows of its files and modules: whether they are there, the same, and for the same users. Whether a program runs
 * from the store its launcher says itself (ask-programs.ts).
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readPlan } from '../image/verify-image.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { pathOf, rowIdentity } from '../image/plan.ts';
import { isSameAudience, readersOf } from '../program/audience.ts';
import type { CachedAnswer } from '../program/cached-answers.ts';
import { fileIdentity, sameIdentity } from '../program/file-identity.ts';
import type { FileIdentity, Module } from '../program/program.ts';
import { contentDigest, contentDigestAt } from '../util/content-digest.ts';
import { nativePart } from '../util/native.ts';
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { filesOf } from './catalogue.ts';
import { attempt } from '../util/outcome.ts';

/** A file of which the program was made that is another one by now. */
export function changedFile(plan: DecodedPlan): string | undefined {
  const changed = plannedFiles(plan).find(isChanged);
  return changed && `${changed.path} changed`;
}

/** A file of the program's in the store that is not there. */
export function missingFile(files: string, program: StoredProgram): string | undefined {
  const missing = filesOf(program).find((name) => !existsSync(path.join(files, name)));
  return missing && `${path.join(files, missing)}: is missing`;
}

/** `files`: the store's folder of files. One of a program's that the loader would not accept, and why. */
export function damageOf(files: string, program: StoredProgram): string | undefined {
  const missing = missingFile(files, program);
  if (missing !== undefined) return missing;
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

/** Files that are others than the plan names, also where they say the same: a start then asks what they say. */
export function changedFiles(plan: DecodedPlan): PlannedFile[] {
  return plannedFiles(plan).filter(isChanged);
}

/** The names that the linker may look up in its cache. */
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

/** Whether every module is for those users who could read it when it was bound. */
export function isForSameUsers({ modules }: Pick<Catalogue, 'modules'>): boolean {
  return modules.every(({ path: file, readers }) => isSameAudience(readersOf([file]), readers));
}

/** The digest of a file's content, in hexadecimal. */
export function digestOf(file: string): string {
  return contentDigestAt(file).toString('hex');
}

/** The same of a module's bytes as they were read. */
export function moduleDigest({ elf }: Module): string {
  return contentDigest(elf.bytes).toString('hex');
}

/** Of the loader that goes into images. */
export function loaderDigest(): string {
  return digestOf(nativePart('loader.bin'));
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
