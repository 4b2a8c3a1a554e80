/**
 * The order in which glibc's ld.so relocates modules: dependencies first. It shows where the first to use a symbol decides,
 * as with STB_GNU_UNIQUE.
 */
import type { Module, Program } from './program.ts';

/**
 * The modules in that order, the interpreter last. It is the reverse of the order of initialisation that
 * `_dl_sort_maps_dfs` of elf/dl-sort-maps.c (glibc 2.35 and later) makes: a depth-first walk from the last module of the
 * scope to the first, each module placed when all that it needs are placed.
 */
export function relocationOrder({ modules, executable, interpreter, dependencies }: Program): Module[] {
  const placed = new Set<Module>();
  const entered = new Set<Module>();
  const place = (module: Module): void => {
    if (entered.has(module)) return;
    entered.add(module);
    // ld.so does not know the executable's own needs yet: all of them are placed already.
    const needed = module === executable ? [] : (dependencies.get(module) ?? []);
    needed.forEach(place);
    placed.add(module);
  };
  modules.toReversed().forEach(place);
  return [...placed].filter((module) => module !== interpreter).concat(interpreter);
}
