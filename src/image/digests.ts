/**
 * The digests of all files that an image depends on, in the image itself: by them linkonce-settle knows the same files where an overlay, an
 * unpacked layer or another machine shows them with other identities. They stand at the image's end, and no start reads them. The
 * layout is `planDigest` of plan-layout.ts.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { identityOfStatus, sameIdentity } from '../program/file-identity.ts';
import type { FileIdentity } from '../program/program.ts';
import { contentDigestOf } from '../util/content-digest.ts';
import { LinkonceError } from '../util/errors.ts';
import { at } from '../util/present.ts';
import { decode } from '../util/structure.ts';
import type { DecodedOpened } from './decode-opened.ts';
import type { DecodedPlan } from './plan.ts';
import { pathOf, rowIdentity } from './plan.ts';
import { readPart } from './read-opened.ts';
import { backingKinds, openedHead, planDigest } from './plan-layout.ts';

/** A file that an image names; `path` is empty where nobody compares its content: the image itself, what a place shows. */
export interface NamedFile {
  readonly path: string;
  readonly identity: FileIdentity;
}

/** In the order of the digests. `opened`: the opener's table, where there is one. */
export function namedFiles(plan: DecodedPlan, opened: DecodedOpened | undefined): NamedFile[] {
  const isShown = (kind: bigint): boolean => kind === BigInt(backingKinds.shown);
  return [
    ...plan.rows('files').map((row) => ({ path: pathOf(plan, row), identity: rowIdentity(row) })),
    ...plan.rows('backings').map((row) => ({
      path: isShown(row.kind) ? '' : pathOf(plan, row),
      identity: rowIdentity(row),
    })),
    ...(opened ? openedFiles(opened) : []),
  ];
}

function openedFiles(opened: DecodedOpened): NamedFile[] {
  const rows = [...opened.rows('modules'), ...opened.rows('files')];
  return rows.map((row) => ({
    path: row.inode === 0n ? '' : opened.text(row.path),
    identity: rowIdentity(row),
  }));
}

/** Bytes of the table: one row more, for the image itself. */
export function digestsSize(plan: DecodedPlan, opened: Buffer): number {
  const head = opened.length === 0 ? undefined : decode(openedHead, opened);
  const ofOpener = head ? head.modules_count + head.files_count : 0;
  return (1 + plan.rows('files').length + plan.rows('backings').length + ofOpener) * planDigest.size;
}

/** The table's bytes. A file that is another one by now, or cannot be read, has no digest: whoever may not go on without it looks by itself. */
export function digestTable(files: readonly NamedFile[]): Buffer {
  const bytes = Buffer.alloc((1 + files.length) * planDigest.size);
  files.forEach((file, index) => {
    digestOf(file)?.copy(bytes, (1 + index) * planDigest.size);
  });
  return bytes;
}

/**
 * Gives the files of an image's bytes that its plan has with another identity than in `earlier` their digests. What the opener's table
 * names stays as it is.
 */
export function renewDigests(image: Buffer, plan: DecodedPlan, earlier: readonly NamedFile[]): void {
  const start = Number(plan.header.digests_offset);
  namedFiles(plan, undefined).forEach((file, index) => {
    if (sameIdentity(file.identity, at(earlier, index, 'file').identity)) return;
    (digestOf(file) ?? Buffer.alloc(planDigest.size)).copy(image, start + (1 + index) * planDigest.size);
  });
}

/** The digest of each of `namedFiles`, as an image has it. Throws LinkonceError where the image has not as many. */
export function readDigests(image: string, { header }: DecodedPlan): Buffer[] {
  const bytes = readPart(image, header.digests_offset, header.digests_size);
  if (BigInt(bytes.length) !== header.digests_size)
    throw new LinkonceError(`${image}: its digests are truncated`);
  const count = bytes.length / planDigest.size - 1;
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray((1 + index) * planDigest.size, (2 + index) * planDigest.size),
  );
}

/** In one process a file is read once, however many programs need it. */
const known = new Map<string, Buffer>();

function digestOf({ path, identity }: NamedFile): Buffer | undefined {
  if (path === '') return undefined;
  const { device, inode, size, mtimeNs, ctimeNs } = identity;
  const key = [device, inode, size, mtimeNs, ctimeNs].join(' ');
  const digest = known.get(key) ?? readDigest(path, identity);
  if (digest) known.set(key, digest);
  return digest;
}

/** Undefined where it is gone, or this user may not read it. */
function openReadable(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

function readDigest(path: string, identity: FileIdentity): Buffer | undefined {
  const file = openReadable(path);
  if (file === undefined) return undefined;
  try {
    const isSame = (): boolean => sameIdentity(identityOfStatus(fstatSync(file, { bigint: true })), identity);
    const digest = isSame() ? contentDigestOf(file) : undefined;
    return isSame() ? digest : undefined;
  } finally {
    closeSync(file);
  }
}
