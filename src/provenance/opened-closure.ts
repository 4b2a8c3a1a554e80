/**
 * What an opened module needs, with all that this needs: every name of a DT_NEEDED must mean one module, whatever else is there when
 * ld.so looks for it.
 */
import type { Module, Program } from '../program/program.ts';
import path from 'node:path';

/** The module itself is in its closure. A string: why it is not certain. */
export type Closure = ReadonlySet<Module> | string;

export function openedClosures(program: Program): ReadonlyMap<Module, Closure> {
  const named = modulesByName([...program.modules, ...program.opened]);
  return new Map(program.opened.map((module) => [module, closureOf(module, named)]));
}

/** By all names by which ld.so knows a module when something needs it. */
function modulesByName(modules: readonly Module[]): ReadonlyMap<string, readonly Module[]> {
  const named = new Map<string, Module[]>();
  for (const module of modules)
    for (const name of new Set([module.path, module.name, path.basename(module.path)]))
      named.set(name, [...(named.get(name) ?? []), module]);
  return named;
}

function closureOf(first: Module, named: ReadonlyMap<string, readonly Module[]>): Closure {
  const closure = new Set([first]);
  // The set grows while it is walked.
  for (const module of closure)
    for (const name of module.elf.dynamic?.needed ?? []) {
      const [found, ...others] = named.get(name) ?? [];
      if (!found)
        return `${module === first ? 'it' : module.name} needs ${name}, which is not among the modules known`;
      if (others.length > 0)
        return `${module === first ? 'it' : module.name} needs ${name}, and several modules are called so`;
      closure.add(found);
    }
  return closure;
}
