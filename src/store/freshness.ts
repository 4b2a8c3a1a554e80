/** Which programs of a store no longer run from it, and why. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { readMaps } from '../capture/memory-map.ts';
import { readPlan } from '../image/verify-image.ts';
import { pathKinds } from '../image/plan-layout.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { pathOf, rowIdentity } from '../image/plan.ts';
import { fileIdentity, sameIdentity } from '../program/file-identity.ts';
import type { FileIdentity } from '../program/program.ts';
import { nativePart } from '../util/native.ts';

/** `image`: its path. What the loader would find not as at bind; undefined where all is. */
export function staleReason(image: string): string | undefined {
  const plan = readPlan(image);
  return changedFile(plan) ?? changedPath(plan) ?? changedMachine(plan);
}

/** The same without the files: what no replacement by an equal file explains. */
export function otherAnswer(image: string): string | undefined {
  const plan = readPlan(image);
  return changedPath(plan) ?? changedMachine(plan);
}

/** Paths of the files that a plan's program was made of, with what they were. */
export function plannedFiles(plan: DecodedPlan): { path: string; identity: FileIdentity }[] {
  return plan.rows('files').map((row) => ({ path: pathOf(plan, row), identity: rowIdentity(row) }));
}

function changedFile(plan: DecodedPlan): string | undefined {
  const changed = plannedFiles(plan).find(({ path: file, identity }) => {
    const now = identityOf(file);
    return !now || !sameIdentity(now, identity);
  });
  return changed && `${changed.path} changed`;
}

/** Undefined where there is no such file. */
export function identityOf(file: string): FileIdentity | undefined {
  try {
    return fileIdentity(file);
  } catch {
    return undefined;
  }
}

function changedPath(plan: DecodedPlan): string | undefined {
  for (const row of plan.rows('paths')) {
    const name = plan.text(row.path ?? 0n);
    const status = statSync(name, { throwIfNoEntry: false });
    if (row.kind === BigInt(pathKinds.absent) ? status : !status?.isDirectory())
      return `${name} ${status ? 'is there now' : 'is gone'}`;
  }
  return undefined;
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

/** SHA-256 of a file, in hexadecimal. */
export function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** Of the loader that goes into images. */
export function loaderDigest(): string {
  return digestOf(nativePart('loader.bin'));
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
