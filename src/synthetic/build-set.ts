/** Synthetic module sets: an executable and shared libraries of which everything is known, as many and as linked as wanted. */
import path from 'node:path';
import { buildCached } from './build-cached.ts';
import type { SetDescription } from './description.ts';
import { expectedChecksum } from './expected-checksum.ts';
import type { ModuleModel, SetModel } from './model.ts';
import { createModel } from './model.ts';
import type { Compilation, Link, Recipe } from './recipe.ts';
import { mainSource, moduleSource } from './write-sources.ts';

export interface SyntheticSet {
  /** Paths. */
  readonly executable: string;
  /** In the order of the modules. */
  readonly libraries: readonly string[];
  /** What the executable prints, without the line break. */
  readonly checksum: string;
}

/** Compiles a set, or finds it compiled. Throws LinkonceError where there is no working C compiler. */
export async function buildSet(description: SetDescription): Promise<SyntheticSet> {
  const model = createModel(description);
  const folder = await buildCached(setRecipe(model));
  return {
    executable: path.join(folder, executableName),
    libraries: model.modules.map((module) => path.join(folder, libraryName(module))),
    checksum: expectedChecksum(model),
  };
}

const executableName = 'main';

function setRecipe(model: SetModel): Recipe {
  const { modules, description } = model;
  const sources = new Map(modules.map((module) => [`m${module.index}.c`, moduleSource(module, model)]));
  return {
    sources: new Map([...sources, ['main.c', mainSource(model)]]),
    compilations: [
      compileModules([...sources.keys()], description),
      { folder: 'o', flags: ['-O1', '-g0', '-fPIE'], sources: ['main.c'] },
    ],
    links: [...modules.map((module) => linkLibrary(module, description)), linkExecutable(model)],
  };
}

export function compileModules(sources: readonly string[], { plt }: SetDescription): Compilation {
  const flags = ['-O1', '-g0', '-fPIC', '-fno-semantic-interposition', plt ? '-fplt' : '-fno-plt'];
  return { folder: 'o', flags, sources };
}

/** No C library and no start files: these would bring data of their own. */
export function linkLibrary(module: ModuleModel, { lazy }: SetDescription): Link {
  const output = libraryName(module);
  return {
    output,
    inputs: [`o/m${module.index}.o`],
    flags: ['-shared', '-nostdlib', `-Wl,-soname,${output}`, ...linkFlags, ...bindingFlags(lazy)],
    uses: module.uses.map((index) => libraryName({ index })),
  };
}

/** Linked with the modules that it enters; the others come by these. */
function linkExecutable({ roots, description }: SetModel): Link {
  return {
    output: executableName,
    inputs: ['o/main.o'],
    flags: ['-pie', ...linkFlags, ...bindingFlags(description.lazy)],
    uses: roots.map((index) => libraryName({ index })),
  };
}

const linkFlags = [
  '-Wl,--no-as-needed',
  '-Wl,-z,relro',
  '-Wl,-z,separate-code',
  '-Wl,-rpath,$ORIGIN',
  '-Wl,-rpath-link,.',
];

function bindingFlags(lazy: boolean): readonly string[] {
  return [`-Wl,-z,${lazy ? 'lazy' : 'now'}`];
}

export function libraryName({ index }: Pick<ModuleModel, 'index'>): string {
  return `libm${index}.so`;
}
