/**
 * The facts of a glibc before 2.33, whose linker has no `--list-diagnostics`: LD_DEBUG=libs makes it print every directory
 * in which it looks for a library that is nowhere. Of the directories of a search path it prints each with all of its
 * subdirectories, best first (elf/dl-load.c, print_search_path).
 */
import { spawnSync } from 'node:child_process';
import { hwcapNames, platformBits } from '../machine/names.ts';
import { Refusal } from '../util/errors.ts';
import type { LegacyCapabilities, LinkerFacts } from './linker-facts.ts';

const nowhere = 'linkonce-is-nowhere.so';
/** A directory that need not be there: its tokens come back replaced. */
const probe = '/linkonce-is-nowhere/$LIB/$PLATFORM';
const probeStart = probe.slice(0, probe.indexOf('$'));

/** What the linker prints of its search; `--list` runs nothing of `program`, which may be any that this linker loads. */
export function traceSearch(
  interpreter: string,
  program: string,
  environment: Readonly<Record<string, string>>,
): string {
  const options = ['--inhibit-cache', '--inhibit-rpath', program, '--list', program];
  const env = { ...environment, LD_DEBUG: 'libs', LD_LIBRARY_PATH: probe, LD_PRELOAD: nowhere };
  return spawnSync(interpreter, options, { env, encoding: 'utf8', timeout: 10_000 }).stderr;
}

/** The facts in what `traceSearch` returns; `interpreter` is for messages. Throws Refusal. */
export function parseSearch(text: string, interpreter: string): LinkerFacts {
  const silent = new Refusal(`${interpreter} does not say how it searches`);
  const probed = searchPath(text, 'LD_LIBRARY_PATH');
  const plain = probed.at(-1);
  if (!plain?.startsWith(probeStart)) throw silent;
  const [, lib, platform] = /^(.*)\/([^/]+)$/.exec(plain.slice(probeStart.length)) ?? [];
  if (lib === undefined || platform === undefined) throw silent;
  const below = probed.map((directory) => directory.slice(plain.length));
  const system = searchPath(text, 'system search path');
  const directories = system.filter((_, index) => index % below.length === below.length - 1);
  const expected = directories.flatMap((directory) => below.map((name) => directory + name));
  if (system.length === 0 || expected.join(':') !== system.join(':')) throw silent;
  return {
    systemDirectories: directories.map((directory) => `${directory}/`),
    lib,
    platform,
    hwcaps: [],
    legacy: legacyCapabilities(below.slice(0, -1), platform),
  };
}

/** The first search path of a kind, which lists all directories: later ones leave out those that are not there. */
function searchPath(text: string, kind: string): string[] {
  const line = text.split('\n').find((each) => each.endsWith(`\t\t(${kind})`));
  return /search path=(\S+)/.exec(line ?? '')?.[1]?.split(':') ?? [];
}

/** `below` is as in `/tls/haswell/x86_64`; the first one has all names that count. */
function legacyCapabilities(below: readonly string[], platform: string): LegacyCapabilities {
  const names: readonly string[] = below[0]?.split('/') ?? [];
  return {
    subdirectories: below.map((name) => `${name.slice(1)}/`),
    hwcap: hwcapNames.reduce(
      (bits, name, bit) => (names.includes(name) ? bits | (1n << BigInt(bit)) : bits),
      0n,
    ),
    platformBit: platformBits.get(platform),
  };
}
