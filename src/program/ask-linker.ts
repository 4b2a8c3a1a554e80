/**
 * The linker itself is asked for the facts: `ld.so --list-diagnostics` (glibc 2.33 and later; elf/dl-diagnostics.c) prints all of
 * them; an older one shows them where it searches (search-trace.ts).
 */
import { spawnSync } from 'node:child_process';
import { hwcapNames } from '../machine/names.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Variables } from './environment.ts';
import { asEnvironment } from './environment.ts';
import type { LegacyCapabilities, LinkerFacts } from './linker-facts.ts';
import { parseSearch, traceSearch } from './search-trace.ts';

const known = new Map<string, LinkerFacts>();

/**
 * The facts of the linker at `interpreter` where these variables are set, asked once in a process; `program` is any that it loads,
 * which is not run. Throws LinkonceError, Refusal for a linker that does not answer.
 */
export function linkerFacts(interpreter: string, program: string, variables: Variables): LinkerFacts {
  // Tunables say which features of the processor count. Where libraries are looked for is asked of no linker.
  const { GLIBC_TUNABLES: tunables } = asEnvironment(variables);
  const environment = tunables === undefined ? {} : { GLIBC_TUNABLES: tunables };
  const key = `${interpreter}\0${tunables ?? ''}`;
  const facts = known.get(key) ?? askLinker(interpreter, program, environment);
  known.set(key, facts);
  return facts;
}

type Environment = Readonly<Record<string, string>>;

function askLinker(interpreter: string, program: string, environment: Environment): LinkerFacts {
  const { error, status, stdout } = spawnSync(interpreter, ['--list-diagnostics'], {
    env: environment,
    encoding: 'utf8',
    timeout: 10_000,
  });
  if (error) throw new LinkonceError(`${interpreter}: cannot be run: ${error.message}`);
  if (status === 0) return parseDiagnostics(stdout, interpreter);
  return parseSearch(traceSearch(interpreter, program, environment), interpreter);
}

/** The facts in the output of `--list-diagnostics`; `interpreter` is for messages. Throws LinkonceError. */
export function parseDiagnostics(text: string, interpreter: string): LinkerFacts {
  const values = new Map(Array.from(text.matchAll(/^([^=\n]+)=(.*)$/gm), ([, key, value]) => [key!, value!]));
  const required = (key: string): string => {
    const value = values.get(key);
    if (value === undefined) throw new LinkonceError(`${interpreter}: its diagnostics lack ${key}`);
    return value;
  };
  const text_ = (key: string): string => unquoted(required(key));
  const platform = text_('dl_platform');
  return {
    systemDirectories: indexed(values, 'path.system_dirs'),
    lib: text_('dl_dst_lib'),
    platform,
    hwcaps: active(text_('dl_hwcaps_subdirs').split(':'), Number(required('dl_hwcaps_subdirs_active'))),
    legacy: legacyCapabilities(values, platform),
  };
}

function unquoted(value: string): string {
  return value.replace(/^"(.*)"$/, '$1').replace(/\\(["\\])/g, '$1');
}

/** The values of `key[0x0]`, `key[0x1]`, … */
function indexed(values: ReadonlyMap<string, string>, key: string): string[] {
  const found: string[] = [];
  for (let value = values.get(`${key}[0x0]`); value !== undefined;) {
    found.push(unquoted(value));
    value = values.get(`${key}[0x${found.length.toString(16)}]`);
  }
  return found;
}

/** The names whose bit is set: bit 0 belongs to the first. */
function active(names: readonly string[], bits: number): string[] {
  return names.filter((_, index) => Math.floor(bits / 2 ** index) % 2 === 1);
}

function legacyCapabilities(
  values: ReadonlyMap<string, string>,
  platform: string,
): LegacyCapabilities | undefined {
  const important = values.get('dl_hwcap_important');
  if (important === undefined) return undefined;
  const hwcap = BigInt(values.get('dl_hwcap') ?? 0) & BigInt(important);
  const place = Number(values.get('dl_string_platform') ?? 0xffffffff);
  const names = [...active(hwcapNames, Number(hwcap)), platform, 'tls'];
  return {
    subdirectories: combinations(names),
    hwcap,
    platformBit: place < 64 ? 1n << BigInt(place) : undefined,
  };
}

/** Every combination but the empty one, all names first; in each path the last name comes first (elf/dl-hwcaps.c). */
function combinations(names: readonly string[]): string[] {
  const count = 2 ** names.length - 1;
  return Array.from(
    { length: count },
    (_, index) =>
      active(names, count - index)
        .reverse()
        .join('/') + '/',
  );
}
