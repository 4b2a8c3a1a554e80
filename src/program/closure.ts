/**
 * The modules of a program in the order of the global scope: breadth-first along DT_NEEDED, no module twice (glibc's
 * elf/dl-deps.c, musl's `load_deps`).
 */
import { LinkonceError } from '../util/errors.ts';
import { fileIdentity, sameFile } from './file-identity.ts';
import type { LinkerRules, Loaded } from './linker-rules.ts';
import type { Module, Program } from './program.ts';
import type { ReadModule } from './read-module.ts';
import { readModule } from './read-module.ts';

export type Closure = Pick<Program, 'modules' | 'dependencies' | 'searched'>;

/**
 * The executable and its dependencies in search order; the interpreter where it is first needed, or last.
 * Throws LinkonceError where a library is not found or cannot be read, Refusal where the place depends on more than files.
 */
export function closure(
  executable: Module,
  interpreter: Module,
  rules: LinkerRules,
  read: ReadModule = readModule,
): Closure {
  const first = start(executable, rules);
  const linker = start(interpreter, rules);
  const known = [first, linker];
  const scope = [first];
  const searched = new Set<string>();
  const add = (needed: string, loader: Loaded): Module => {
    const request = rules.request(needed, loader);
    searched.add(request);
    const found = load(request, loader, known, rules, read);
    if (!known.includes(found)) known.push(found);
    if (!scope.includes(found)) scope.push(found);
    return found.module;
  };
  for (const name of rules.preloads) {
    searched.add(name);
    if (rules.find(name, first) !== undefined) add(name, first);
  }
  const dependencies = new Map<Module, Module[]>();
  // The list grows while it is walked: that is the breadth-first order.
  for (const loader of scope) {
    const needed = loader.module.elf.dynamic?.needed ?? [];
    dependencies.set(
      loader.module,
      needed.map((name) => add(name, loader)),
    );
  }
  if (!scope.includes(linker)) scope.push(linker);
  return {
    modules: scope.map(({ module }) => module),
    dependencies,
    searched: [...searched].filter((name) => !name.includes('/')),
  };
}

function start(module: Module, rules: LinkerRules): Loaded {
  rules.admit(module);
  return { module, names: new Set(rules.names(module, undefined)), loader: undefined };
}

/** The module for a request: known by name, known as a file, or new. */
function load(
  request: string,
  loader: Loaded,
  known: readonly Loaded[],
  rules: LinkerRules,
  read: ReadModule,
): Loaded {
  const interpreter = known[1]!;
  if (rules.isInterpreter(request)) return interpreter;
  const named = known.find(({ names }) => names.has(request));
  if (named) return named;

  const path = rules.find(request, loader);
  if (path === undefined)
    throw new LinkonceError(`${loader.module.path} needs ${request}, which is not found`);
  const identity = fileIdentity(path);
  const same = known.find(({ module }) => sameFile(module.identity, identity));
  const module = same?.module ?? read(path);
  rules.admit(module);
  const loaded = same ?? { module, names: new Set<string>(), loader };
  for (const name of rules.names(module, request)) loaded.names.add(name);
  return loaded;
}
