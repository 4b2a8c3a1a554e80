/**
 * What ld.so.cache answers a program: a digest of all that it has for each name that the linker may look up there. Which entry glibc
 * takes depends on these, with the names of their glibc-hwcaps directories, and on the processor: where the digest is what it was, the
 * answer is, whatever else the file has by now. Any installation of any library writes the file anew. native/ld-cache.h is the other
 * side.
 */
import { readFileSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';
import { fileIdentity, sameIdentity } from './file-identity.ts';
import { findEntries } from './ld-cache-search.ts';
import type { CacheEntry, LdCache } from './ld-cache.ts';
import { cacheFile, hwcapDirectory, isNamed, parseLdCache } from './ld-cache.ts';
import type { FileIdentity } from './program.ts';

export interface CachedAnswer {
  readonly name: string;
  readonly digest: bigint;
}

/** The answers of the cache that `identity` names. Throws LinkonceError where another one is there. */
export function cachedAnswers(names: readonly string[], identity: FileIdentity): CachedAnswer[] {
  const answers = currentAnswers(names);
  if (!sameIdentity(fileIdentity(cacheFile), identity))
    throw new LinkonceError(`${cacheFile}: was written anew meanwhile; try again`);
  return answers;
}

/** Those of the cache that is there now. */
export function currentAnswers(names: readonly string[]): CachedAnswer[] {
  return answersOf(parseLdCache(readFileSync(cacheFile), cacheFile), names);
}

export function answersOf(cache: LdCache, names: readonly string[]): CachedAnswer[] {
  return names.map((name) => {
    const entries = findEntries(cache.entries, name);
    return { name, digest: digestOf(entries.map((entry) => entryBytes(cache, entry))) };
  });
}

/** A directory counts by its name: its number is another one when others come. */
function entryBytes(cache: LdCache, entry: CacheEntry): Buffer {
  const { flags, osVersion, hwcap, name, path } = entry;
  const numbers = Buffer.alloc(16);
  numbers.writeUInt32LE(flags, 0);
  numbers.writeUInt32LE(osVersion, 4);
  numbers.writeBigUInt64LE(isNamed(entry) ? (hwcap >> 32n) << 32n : hwcap, 8);
  const directory = isNamed(entry) ? [zeroEnded(hwcapDirectory(cache, entry) ?? '')] : [];
  return Buffer.concat([numbers, ...directory, zeroEnded(name), zeroEnded(path)]);
}

function zeroEnded(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

/** FNV-1a of 64 bits (RFC 9923): who could make two alike writes the cache itself. */
const [basis, prime] = [0xcbf29ce484222325n, 0x100000001b3n];

function digestOf(parts: readonly Buffer[]): bigint {
  let digest = basis;
  for (const byte of Buffer.concat(parts)) digest = BigInt.asUintN(64, (digest ^ BigInt(byte)) * prime);
  return digest;
}
