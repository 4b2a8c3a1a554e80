/** Where glibc's ld.so looks for libraries: `_dl_map_object` of elf/dl-load.c, and ld.so(8). */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DF_1, DT, nameOfConstant } from '../elf/constants.ts';
import { Refusal } from '../util/errors.ts';
import { linkerFacts } from './ask-linker.ts';
import type { Variables } from './environment.ts';
import { asEnvironment } from './environment.ts';
import { cacheLookup, type CacheLookup } from './ld-cache-lookup.ts';
import { cacheFile, parseLdCache } from './ld-cache.ts';
import type { LinkerFacts } from './linker-facts.ts';
import type { LinkerRules, Loaded } from './linker-rules.ts';
import { isOpenable } from './openable.ts';
import type { Module } from './program.ts';
import { replaceTokens } from './string-tokens.ts';

const preloadFile = '/etc/ld.so.preload';
/** Filters put further modules into the scope, before the one that names them. */
const filterTags: ReadonlySet<number> = new Set([DT.AUXILIARY, DT.FILTER]);

/**
 * The rules of the glibc linker at `interpreter` for `program` where these variables are set. Throws LinkonceError, Refusal for an
 * old glibc.
 */
export function glibcRules(interpreter: string, program: string, variables: Variables): LinkerRules {
  const facts = linkerFacts(interpreter, program, variables);
  const { LD_LIBRARY_PATH: libraryPath = '', LD_PRELOAD: preloads = '' } = asEnvironment(variables);
  const means: SearchMeans = {
    facts,
    cached: readCache(facts),
    libraryPath: [...directories(libraryPath, /[:;]/, path.dirname(program), facts)],
  };
  return {
    preloads: [...splitPreloads(preloads, /[ :]/), ...readPreloads()],
    request: (needed, loader) => expand(needed, path.dirname(loader.module.path), facts),
    isInterpreter: () => false,
    names: (module, request) => {
      const names = [request, module.path, module.elf.dynamic?.soname];
      return names.filter((name) => name !== undefined);
    },
    admit: refuseFilters,
    find: (request, loader) => {
      if (request.includes('/')) return openableFile(request, loader);
      for (const candidate of candidates(request, loader, means))
        if (isOpenable(candidate)) return absolute(candidate, loader);
      return undefined;
    },
  };
}

function readCache(facts: LinkerFacts): CacheLookup {
  if (!existsSync(cacheFile)) return () => undefined;
  return cacheLookup(parseLdCache(readFileSync(cacheFile), cacheFile), facts);
}

/** What decides a search beside the module that needs the library. */
interface SearchMeans {
  readonly facts: LinkerFacts;
  readonly cached: CacheLookup;
  /** Directories of LD_LIBRARY_PATH. */
  readonly libraryPath: readonly string[];
}

/** `handle_preload_list` of elf/rtld.c. */
function splitPreloads(text: string, separators: RegExp): string[] {
  return text.split(separators).filter((name) => name !== '');
}

/** The names in /etc/ld.so.preload, split as `dl_main` of elf/rtld.c does. */
function readPreloads(): string[] {
  if (!existsSync(preloadFile)) return [];
  return splitPreloads(readFileSync(preloadFile, 'utf8').replace(/#.*$/gm, ''), /[\s:]/);
}

function refuseFilters(module: Module): void {
  const entry = module.elf.dynamic?.entries.find(({ tag }) => filterTags.has(tag));
  if (entry) throw new Refusal(`${module.path} is a filter (DT_${nameOfConstant(DT, entry.tag)})`);
}

function openableFile(request: string, loader: Loaded): string | undefined {
  return isOpenable(absolute(request, loader)) ? request : undefined;
}

/** Throws Refusal for a path that counts from the working directory. */
function absolute(file: string, { module }: Loaded): string {
  if (path.isAbsolute(file)) return file;
  throw new Refusal(`${module.path} loads different libraries in different working directories: ${file}`);
}

/** Every path that ld.so tries for a name, in order. */
function* candidates(
  name: string,
  loader: Loaded,
  { facts, cached, libraryPath }: SearchMeans,
): Generator<string> {
  const { runpath } = loader.module.elf.dynamic ?? {};
  // DT_RUNPATH counts alone, and comes behind the variable.
  const before = runpath === undefined ? inheritedPaths(loader, facts) : [];
  const after = runpath === undefined ? [] : ownDirectories(runpath, loader.module, facts);
  for (const directory of [...before, ...libraryPath, ...after]) yield* inDirectory(directory, name, facts);

  // Neither the default directories nor cache entries in them.
  const noDefaults = ((loader.module.elf.dynamic?.flags1 ?? 0) & DF_1.NODEFLIB) !== 0;
  const isDefault = (file: string): boolean =>
    facts.systemDirectories.some((start) => file.startsWith(start));
  const entry = cached(name);
  if (entry !== undefined && !(noDefaults && isDefault(entry))) yield entry;

  if (noDefaults) return;
  for (const directory of facts.systemDirectories) yield* inDirectory(directory, name, facts);
}

/** DT_RPATH of the loader and of those that brought it in. */
function* inheritedPaths(loader: Loaded, facts: LinkerFacts): Generator<string> {
  for (let from: Loaded | undefined = loader; from; from = from.loader) {
    const { rpath, runpath: ownRunpath } = from.module.elf.dynamic ?? {};
    if (rpath !== undefined && ownRunpath === undefined) yield* ownDirectories(rpath, from.module, facts);
  }
}

function ownDirectories(list: string, module: Module, facts: LinkerFacts): Generator<string> {
  return directories(list, /:/, path.dirname(module.path), facts);
}

/**
 * The directories of a search path, each with a closing slash. In a relative one, and an empty one is the working directory, there
 * must be no such library: each start asks for that in its own working directory, as the linker does.
 */
function* directories(
  list: string,
  separators: RegExp,
  origin: string,
  facts: LinkerFacts,
): Generator<string> {
  if (list === '') return;
  for (const part of list.split(separators)) {
    const directory = expand(part, origin, facts);
    if (part !== '' && directory === '') continue;
    yield (directory || '.').replace(/\/*$/, '/');
  }
}

function* inDirectory(directory: string, name: string, facts: LinkerFacts): Generator<string> {
  if (!existsSync(directory)) return;
  for (const hwcap of facts.hwcaps) yield `${directory}glibc-hwcaps/${hwcap}/${name}`;
  for (const subdirectory of facts.legacy?.subdirectories ?? []) yield `${directory}${subdirectory}${name}`;
  yield `${directory}${name}`;
}

/** `$ORIGIN` is the directory of the path by which a module was opened, not of the file that a link leads to. */
function expand(text: string, origin: string, facts: LinkerFacts): string {
  return text.includes('$') ? replaceTokens(text, { ...facts, origin }) : text;
}
