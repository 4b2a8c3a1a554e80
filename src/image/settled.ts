/**
 * A file of settled identities, which linkonce-settle writes (native/settle-image.h) and a loader reads (native/settled.h): which files a
 * mount shows in the place of those of the bind. docs/formats/settled.md.
 */
import { readFileSync } from 'node:fs';
import type { FileIdentity } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { decodeWide } from '../util/structure.ts';
import { rowIdentity } from './plan.ts';
import { settledFile, settledHead, settledMagic, settledVersion } from './plan-layout.ts';

export interface Settled {
  /** Of the plan whose image it is for. */
  readonly checksum: bigint;
  /** In the order of the image's digests, the image itself first; undefined for a file that is not settled. */
  readonly files: readonly (FileIdentity | undefined)[];
}

/** Throws LinkonceError naming the file where it is of another version, or not whole. */
export function readSettled(path: string): Settled {
  const bytes = readFileSync(path);
  const fail = (problem: string): never => {
    throw new LinkonceError(`${path}: ${problem}`);
  };
  if (bytes.length < settledHead.size || bytes.readBigUInt64LE(0) !== settledMagic)
    return fail('not a file of settled identities');
  const head = decodeWide(settledHead, bytes, 0);
  if (head.version !== BigInt(settledVersion))
    return fail(`settled identities of version ${String(head.version)}, not ${String(settledVersion)}`);
  const count = Number(head.rows_count);
  if (bytes.length !== settledHead.size + count * settledFile.size) return fail('it is not whole');
  const files = Array.from({ length: count }, (_, index) => {
    const row = decodeWide(settledFile, bytes, settledHead.size + index * settledFile.size);
    return row.inode === 0n ? undefined : rowIdentity(row);
  });
  return { checksum: head.checksum, files };
}
