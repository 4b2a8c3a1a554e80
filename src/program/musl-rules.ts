/** Where musl's linker looks for libraries: `load_library` of musl's ldso/dynlink.c. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Refusal } from '../util/errors.ts';
import { machine } from '../machine/names.ts';
import type { Variables } from './environment.ts';
import { asEnvironment } from './environment.ts';
import type { LinkerRules, Loaded } from './linker-rules.ts';
import { isOpenable } from './openable.ts';
import type { Module } from './program.ts';
import { replaceTokens } from './string-tokens.ts';

/** The C library and the linker are one module, which answers to all of these. */
const ownNames = /^lib(c|pthread|rt|m|dl|util|xnet)\./;
const defaultPath = '/lib:/usr/local/lib:/usr/lib';

/** The rules of the musl linker at `interpreter` where these variables are set. */
export function muslRules(interpreter: string, _program: string, variables: Variables): LinkerRules {
  const { LD_LIBRARY_PATH: libraryPath = '', LD_PRELOAD: preloads = '' } = asEnvironment(variables);
  const lists = { libraryPath, system: systemPath(interpreter) };
  return {
    // `load_preload`: one that is not found is passed over.
    preloads: preloads.split(/[\s:]/).filter((name) => name !== ''),
    request: (needed) => needed,
    isInterpreter: (request) => request === interpreter || ownNames.test(request),
    // Only what a search found goes by its short name; what was named by path is found again as the same file.
    names: (module, request) =>
      request === undefined || request.includes('/') ? [] : [path.basename(module.path)],
    admit: () => undefined,
    find: (request, loader) => {
      const candidates = request.includes('/') ? [request] : searched(request, loader, lists);
      for (const candidate of candidates) {
        if (!isOpenable(candidate)) continue;
        if (!path.isAbsolute(candidate)) throw dependsOnDirectory(loader.module, candidate);
        return candidate;
      }
      return undefined;
    },
  };
}

/** The list of directories in musl's own file, below the prefix that the linker itself is installed in. */
function systemPath(interpreter: string): string {
  const prefix = path.dirname(path.dirname(interpreter)).replace(/\/$/, '');
  const file = `${prefix}/etc/${machine.muslPath}`;
  return existsSync(file) ? readFileSync(file, 'utf8') : defaultPath;
}

interface Lists {
  readonly libraryPath: string;
  readonly system: string;
}

/** The variable's, the search paths of the loader and of those that brought it in, then the system's. */
function* searched(name: string, loader: Loaded, { libraryPath, system }: Lists): Generator<string> {
  yield* inDirectories(libraryPath, name);
  for (let from: Loaded | undefined = loader; from; from = from.loader)
    yield* inDirectories(ownPath(from.module), name);
  yield* inDirectories(system, name);
}

/** DT_RUNPATH or else DT_RPATH; musl knows `$ORIGIN` only, and ignores the whole list with another token. */
function ownPath(module: Module): string {
  const { rpath, runpath } = module.elf.dynamic ?? {};
  const tokens = { origin: path.dirname(module.path), lib: undefined, platform: undefined };
  const list = replaceTokens(runpath ?? rpath ?? '', tokens);
  return list.includes('$') ? '' : list;
}

function* inDirectories(list: string, name: string): Generator<string> {
  for (const directory of list.split(/[:\n]+/)) if (directory !== '') yield `${directory}/${name}`;
}

function dependsOnDirectory(module: Module, what: string): Refusal {
  return new Refusal(`${module.path} loads different libraries in different working directories: ${what}`);
}
