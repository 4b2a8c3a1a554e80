/** Compiles the test programs, where a source is newer than what was made of it, into build/test-programs. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/util/native.ts';
import { recipes, type Library, type Recipe, type Run } from './list.ts';

/** One invocation of a built program. */
export interface TestProgram {
  /** Of the program and its arguments, for a test's title. */
  readonly title: string;
  readonly name: string;
  readonly libc: 'glibc' | 'musl';
  readonly path: string;
  readonly args: readonly string[];
  readonly input: string;
}

const sources = path.join(packageRoot(), 'test', 'programs');
const target = path.join(packageRoot(), 'build', 'test-programs');
const common = ['-O1', '-g0', '-Wall', '-Wextra', '-Werror', '-Wno-unused-result'];
/** What is a library of its own before glibc 2.34. */
const oldParts = ['-Wl,--as-needed', '-ldl'];

/** What every run gets as its environment: the same, and little. */
export const environment: Readonly<Record<string, string>> = {
  FIRST: 'the first variable',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  GREETING: 'hello',
};

/** Every invocation whose program can be compiled here. */
export const programs: readonly TestProgram[] = recipes.filter(hasCompiler).flatMap(invocations);

/** Recipes that cannot be compiled here, each with the reason. */
export const missing: readonly { readonly name: string; readonly reason: string }[] = recipes
  .filter((recipe) => !hasCompiler(recipe))
  .map((recipe) => ({ name: recipe.name, reason: `${compilerOf(recipe)} is not installed` }));

/** Compiles what is stale. Programs that nobody asked for (by name) are left alone. */
export function buildPrograms(names: readonly string[] = recipes.map((recipe) => recipe.name)): void {
  for (const recipe of recipes.filter((each) => names.includes(each.name) && hasCompiler(each)))
    build(recipe);
}

/** A built program with its first invocation, for tests that need one in particular. */
export function testProgram(name: string): TestProgram {
  const found = programs.find((program) => program.name === name);
  if (found === undefined) throw new Error(`there is no test program ${name}`);
  buildPrograms([name]);
  return found;
}

function invocations(recipe: Recipe): TestProgram[] {
  const { name, libc, runs = [{}] } = recipe;
  return runs.map((run: Run) => ({
    title: [name, ...(run.args ?? [])].join(' '),
    name,
    libc,
    path: path.join(target, name, name),
    args: (run.args ?? []).map((argument) =>
      recipe.plugins?.includes(argument) ? plugin(recipe, argument) : argument,
    ),
    input: run.input ?? '',
  }));
}

function plugin(recipe: Recipe, name: string): string {
  return path.join(target, recipe.name, `${name}.so`);
}

function build(recipe: Recipe): void {
  const folder = path.join(target, recipe.name);
  const from = sourceFolder(recipe);
  const inputs = [
    ...readdirSync(from).map((name) => path.join(from, name)),
    mainSource(recipe),
    path.join(sources, 'list.ts'),
  ];
  const output = path.join(folder, recipe.name);
  if (isNewer(output, inputs)) return;
  mkdirSync(folder, { recursive: true });
  for (const library of recipe.libraries ?? []) buildLibrary(recipe, library, library.linkFlags);
  for (const name of recipe.plugins ?? []) buildLibrary(recipe, { name });
  const libraries = (recipe.libraries ?? []).map((library) => libraryFile(recipe, library));
  const flags = [...(recipe.flags ?? []), '-Wl,-rpath,$ORIGIN'];
  compile(recipe, output, [mainSource(recipe), ...libraries, ...flags, ...oldParts]);
  for (const library of recipe.libraries ?? []) if (library.linkFlags) buildLibrary(recipe, library);
}

/** Builds lib*.so or a plug-in beside the program. */
export function buildLibrary(recipe: Recipe, library: Library, more: readonly string[] = []): void {
  const used = (library.uses ?? []).map((name) => path.join(target, recipe.name, `${name}.so`));
  const source = existingSource(path.join(sourceFolder(recipe), library.name));
  const flags = [
    '-shared',
    '-fPIC',
    `-Wl,-soname,${library.name}.so`,
    ...(library.flags ?? []),
    ...more,
    '-Wl,-rpath,$ORIGIN',
  ];
  compile(recipe, libraryFile(recipe, library), [source, ...used, ...flags, ...oldParts]);
}

function libraryFile(recipe: Recipe, { name, folder = '.' }: Library): string {
  return path.join(target, recipe.name, folder, `${name}.so`);
}

/** Compiles to a name of its own first: a run that is ended leaves nothing half. */
function compile(recipe: Recipe, output: string, args: readonly string[]): void {
  const unfinished = `${output}.${process.pid}`;
  mkdirSync(path.dirname(output), { recursive: true });
  const options = { cwd: sourceFolder(recipe), stdio: 'pipe' } as const;
  const compiler = compilerOf(recipe);
  const standard = compiler === 'c++' ? ['-std=gnu++17'] : [];
  execFileSync(compiler, [...common, ...standard, '-o', unfinished, ...args], options);
  renameSync(unfinished, output);
}

function mainSource(recipe: Recipe): string {
  const name = path.join(sources, recipe.source ?? recipe.name);
  return existingSource(existsSync(name) ? path.join(name, 'main') : name);
}

function sourceFolder(recipe: Recipe): string {
  return path.dirname(mainSource(recipe));
}

/** The C or C++ file of a name without suffix. */
function existingSource(stem: string): string {
  return existsSync(`${stem}.c`) ? `${stem}.c` : `${stem}.cc`;
}

function compilerOf(recipe: Recipe): string {
  if (recipe.libc === 'musl') return 'musl-gcc';
  return mainSource(recipe).endsWith('.cc') ? 'c++' : 'cc';
}

function hasCompiler(recipe: Recipe): boolean {
  const name = compilerOf(recipe);
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(path.join(folder, name)));
}

function isNewer(output: string, inputs: readonly string[]): boolean {
  const made = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return inputs.every((input) => statSync(input).mtimeMs < made);
}
