/** One library of a set as an upgrade brings it: it exports and imports the same, but its functions compute something else. */
import path from 'node:path';
import { buildCached } from './build-cached.ts';
import { compileModules, libraryName, linkLibrary } from './build-set.ts';
import type { SetDescription } from './description.ts';
import { expectedChecksum } from './expected-checksum.ts';
import type { ModuleModel, SetModel } from './model.ts';
import { createModel } from './model.ts';
import { moduleSource } from './write-sources.ts';

export interface Replacement {
  /** Path of the new library; its name is that of the one that it replaces. */
  readonly file: string;
  /** What the executable prints with it. */
  readonly checksum: string;
}

/**
 * Compiles another last library for a set, or finds it compiled. It uses no other, and is needed by as many as the shape says.
 * Throws LinkonceError where there is no working C compiler.
 */
export async function buildReplacement(description: SetDescription): Promise<Replacement> {
  const model = replaceLast(createModel(description));
  const last = model.modules.at(-1)!;
  const sources = new Map([[`m${last.index}.c`, moduleSource(last, model)]]);
  const folder = await buildCached({
    sources,
    compilations: [compileModules([...sources.keys()], description)],
    links: [linkLibrary(last, description)],
  });
  return { file: path.join(folder, libraryName(last)), checksum: expectedChecksum(model) };
}

function replaceLast(model: SetModel): SetModel {
  const { modules } = model;
  return {
    ...model,
    modules: modules.map((module, index) => (index < modules.length - 1 ? module : changed(module))),
  };
}

function changed(module: ModuleModel): ModuleModel {
  return { ...module, functions: module.functions.map(({ xor, factor }) => ({ xor: xor ^ 1n, factor })) };
}
