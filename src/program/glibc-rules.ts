/** Where glibc's ld.so looks for libraries: `_dl_map_object` of elf/dl-load.c, and ld.so(8). */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DF_1, DT, nameOfConstant } from '../elf/constants.ts';
import { Refusal } from '../util/errors.ts';
import { linkerFacts } from './ask-linker.ts';
import { cacheLookup, type CacheLookup } from './ld-cache-lookup.ts';
import { cacheFile, parseLdCache } from './ld-cache.ts';
import type { LinkerFacts } from './linker-facts.ts';
import type { LinkerRules, Loaded } from './linker-rules.ts';
import { isOpenable } from './openable.ts';
import type { Module } from './program.ts';
import { statusOf } from '../util/status.ts';
import { replaceTokens } from './string-tokens.ts';

const preloadFile = '/etc/ld.so.preload';
/** Filters put further modules into the scope, before the one that names them. */
const filterTags: ReadonlySet<number> = new Set([DT.AUXILIARY, DT.FILTER]);

/** The rules of the glibc linker at `interpreter` for `program`. Throws LinkonceError, Refusal for an old glibc. */
export function glibcRules(interpreter: string, program: string): LinkerRules {
  const facts = linkerFacts(interpreter, program);
  const cached = readCache(facts);
  return {
    preloads: readPreloads(),
    request: (needed, loader) => expand(needed, loader.module, facts),
    isInterpreter: () => false,
    names: (module, request) => {
      const names = [request, module.path, module.elf.dynamic?.soname];
      return names.filter((name) => name !== undefined);
    },
    admit: refuseFilters,
    find: (request, loader) => {
      if (request.includes('/')) return openableFile(request, loader);
      for (const candidate of candidates(request, loader, facts, cached))
        if (isOpenable(candidate)) return candidate;
      return undefined;
    },
  };
}

function readCache(facts: LinkerFacts): CacheLookup {
  if (!existsSync(cacheFile)) return () => undefined;
  return cacheLookup(parseLdCache(readFileSync(cacheFile), cacheFile), facts);
}

/** The names in /etc/ld.so.preload, split as `do_preload` of elf/rtld.c does. */
function readPreloads(): string[] {
  if (!existsSync(preloadFile)) return [];
  const text = readFileSync(preloadFile, 'utf8').replace(/#.*$/gm, '');
  return text.split(/[\s:]+/).filter((name) => name !== '');
}

function refuseFilters(module: Module): void {
  const entry = module.elf.dynamic?.entries.find(({ tag }) => filterTags.has(tag));
  if (entry) throw new Refusal(`${module.path} is a filter (DT_${nameOfConstant(DT, entry.tag)})`);
}

function openableFile(request: string, loader: Loaded): string | undefined {
  if (!path.isAbsolute(request)) throw dependsOnDirectory(loader.module, `DT_NEEDED ${request}`);
  return isOpenable(request) ? request : undefined;
}

/** Every path that ld.so tries for a name, in order. */
function* candidates(
  name: string,
  loader: Loaded,
  facts: LinkerFacts,
  cached: CacheLookup,
): Generator<string> {
  for (const directory of searchPaths(loader, facts)) yield* inDirectory(directory, name, facts);

  // Neither the default directories nor cache entries in them.
  const noDefaults = ((loader.module.elf.dynamic?.flags1 ?? 0) & DF_1.NODEFLIB) !== 0;
  const isDefault = (file: string): boolean =>
    facts.systemDirectories.some((start) => file.startsWith(start));
  const entry = cached(name);
  if (entry !== undefined && !(noDefaults && isDefault(entry))) yield entry;

  if (noDefaults) return;
  for (const directory of facts.systemDirectories) yield* inDirectory(directory, name, facts);
}

/** DT_RPATH of the loader and of those that brought it in, unless the loader has DT_RUNPATH, which counts alone. */
function* searchPaths(loader: Loaded, facts: LinkerFacts): Generator<string> {
  const runpath = loader.module.elf.dynamic?.runpath;
  if (runpath !== undefined) {
    yield* directories(runpath, loader.module, facts);
    return;
  }
  for (let from: Loaded | undefined = loader; from; from = from.loader) {
    const { rpath, runpath: ownRunpath } = from.module.elf.dynamic ?? {};
    if (rpath !== undefined && ownRunpath === undefined) yield* directories(rpath, from.module, facts);
  }
}

/**
 * The directories of a search path, each with a closing slash. A relative one that is not there is passed over: that it is
 * not there is asked at each start. Throws Refusal where it is.
 */
function* directories(list: string, module: Module, facts: LinkerFacts): Generator<string> {
  if (list === '') return;
  for (const part of list.split(':')) {
    const directory = expand(part, module, facts);
    if (part !== '' && directory === '') continue;
    if (!directory.startsWith('/')) {
      if (statusOf(directory || '.')?.isDirectory())
        throw dependsOnDirectory(module, `its search path ${list}`);
      continue;
    }
    yield directory.replace(/\/*$/, '/');
  }
}

function* inDirectory(directory: string, name: string, facts: LinkerFacts): Generator<string> {
  if (!existsSync(directory)) return;
  for (const hwcap of facts.hwcaps) yield `${directory}glibc-hwcaps/${hwcap}/${name}`;
  for (const subdirectory of facts.legacy?.subdirectories ?? []) yield `${directory}${subdirectory}${name}`;
  yield `${directory}${name}`;
}

/** `$ORIGIN` is the directory of the path by which a module was opened, not of the file that a link leads to. */
function expand(text: string, module: Module, facts: LinkerFacts): string {
  return text.includes('$') ? replaceTokens(text, { ...facts, origin: path.dirname(module.path) }) : text;
}

function dependsOnDirectory(module: Module, what: string): Refusal {
  return new Refusal(`${module.path} loads different libraries in different working directories: ${what}`);
}
