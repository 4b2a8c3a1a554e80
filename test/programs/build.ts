/** Compiles the test programs, where a source is newer than what was made of it, into build/test-programs. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/util/native.ts';
import { recipes, type Library, type Recipe, type Run } from './list.ts';
import { openedRecipes, type OpenedRecipe } from './list-opened.ts';

/** One invocation of a built program. */
export interface TestProgram {
  /** Of the program and its arguments, for a test's title. */
  readonly title: string;
  readonly name: string;
  readonly libc: 'glibc' | 'musl';
  readonly path: string;
  readonly args: readonly string[];
  readonly input: string;
  /** Variables that it has beside `environment`. */
  readonly env: Readonly<Record<string, string>>;
}

/** One that is about opened modules. */
export interface OpeningProgram extends TestProgram {
  readonly recipe: OpenedRecipe;
  /** Paths of the plug-ins. */
  readonly plugins: readonly string[];
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

const all: readonly Recipe[] = [...recipes, ...openedRecipes];

/** Every invocation whose program can be compiled here. */
export const programs: readonly TestProgram[] = recipes.filter(hasCompiler).flatMap(invocations);

/** The same of programs that are about opened modules. */
export const openingPrograms: readonly OpeningProgram[] = openedRecipes
  .filter(hasCompiler)
  .flatMap((recipe) =>
    invocations(recipe).map((each) => ({ ...each, recipe, plugins: pluginFiles(recipe) })),
  );

/** Recipes that cannot be compiled here, each with the reason. */
export const missing = whyMissing(recipes);
export const missingOpening = whyMissing(openedRecipes);

function whyMissing(some: readonly Recipe[]): readonly { readonly name: string; readonly reason: string }[] {
  return some
    .filter((recipe) => !hasCompiler(recipe))
    .map((recipe) => ({
      name: recipe.name,
      reason: `${compilersOf(recipe).join(' or ')} is not installed`,
    }));
}

/** Compiles what is stale. Programs that nobody asked for (by name) are left alone. */
export function buildPrograms(names: readonly string[] = all.map((recipe) => recipe.name)): void {
  for (const recipe of all.filter((each) => names.includes(each.name) && hasCompiler(each))) build(recipe);
}

/** A built program with its first invocation, for tests that need one in particular. */
export function testProgram(name: string): TestProgram {
  const found = [...programs, ...openingPrograms].find((program) => program.name === name);
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
    args: (run.args ?? []).map((argument) => withPlugins(recipe, argument)),
    input: run.input ?? '',
    env: run.env ?? {},
  }));
}

function withPlugins(recipe: Recipe, argument: string): string {
  if (pluginsOf(recipe).some(({ name }) => name === argument)) return pluginFile(recipe, argument);
  return argument
    .replaceAll(/@([\w-]+)/g, (_, name: string) => pluginFile(recipe, name))
    .replaceAll('@', path.join(target, recipe.name));
}

function pluginsOf(recipe: Recipe): readonly Library[] {
  return (recipe.plugins ?? []).map((each) => (typeof each === 'string' ? { name: each } : each));
}

function pluginFiles(recipe: Recipe): readonly string[] {
  return pluginsOf(recipe).map((each) => libraryFile(recipe, each));
}

function pluginFile(recipe: Recipe, name: string): string {
  const found = pluginsOf(recipe).find((each) => each.name === name);
  if (!found) throw new Error(`${recipe.name} has no plug-in ${name}`);
  return libraryFile(recipe, found);
}

function build(recipe: Recipe): void {
  const folder = path.join(target, recipe.name);
  const from = sourceFolder(recipe);
  const inputs = [
    ...readdirSync(from).map((name) => path.join(from, name)),
    mainSource(recipe),
    path.join(sources, 'list.ts'),
    path.join(sources, 'list-opened.ts'),
  ];
  const output = path.join(folder, recipe.name);
  if (isNewer(output, inputs)) return;
  mkdirSync(folder, { recursive: true });
  for (const library of recipe.libraries ?? []) buildLibrary(recipe, library, library.linkFlags);
  for (const library of pluginsOf(recipe)) buildLibrary(recipe, library);
  const libraries = (recipe.libraries ?? []).map((library) => libraryFile(recipe, library));
  const flags = [...(recipe.flags ?? []), '-Wl,-rpath,$ORIGIN'];
  compile(recipe, output, [mainSource(recipe), ...libraries, ...flags, ...oldParts]);
  for (const library of recipe.libraries ?? []) if (library.linkFlags) buildLibrary(recipe, library);
}

/** Builds lib*.so or a plug-in beside the program. */
export function buildLibrary(recipe: Recipe, library: Library, more: readonly string[] = []): void {
  const used = (library.uses ?? []).map((name) => path.join(target, recipe.name, `${name}.so`));
  const source = sourceOf(recipe, library);
  const flags = [
    '-shared',
    '-fPIC',
    `-Wl,-soname,${library.name}.so`,
    ...(library.flags ?? []),
    ...more,
    '-Wl,-rpath,$ORIGIN',
  ];
  compile(
    recipe,
    libraryFile(recipe, library),
    [source, '-Wl,--no-as-needed', ...used, ...flags, ...oldParts],
    source,
  );
}

function sourceOf(recipe: Recipe, { name, source = name }: Library): string {
  return existingSource(path.join(sourceFolder(recipe), source));
}

function libraryFile(recipe: Recipe, { name, folder = '.' }: Library): string {
  return path.join(target, recipe.name, folder, `${name}.so`);
}

/** Compiles to a name of its own first: a run that is ended leaves nothing half. */
function compile(
  recipe: Recipe,
  output: string,
  args: readonly string[],
  source: string = mainSource(recipe),
): void {
  const unfinished = `${output}.${process.pid}`;
  mkdirSync(path.dirname(output), { recursive: true });
  const options = { cwd: sourceFolder(recipe), stdio: 'pipe' } as const;
  const compiler = compilerOf(recipe, source);
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

function compilerOf(recipe: Recipe, source: string = mainSource(recipe)): string {
  if (recipe.libc === 'musl') return 'musl-gcc';
  return source.endsWith('.cc') ? 'c++' : 'cc';
}

/** Of the program and of its plug-ins. */
function compilersOf(recipe: Recipe): readonly string[] {
  const ofPlugins = pluginsOf(recipe).map((each) => compilerOf(recipe, sourceOf(recipe, each)));
  return [...new Set([compilerOf(recipe), ...ofPlugins])];
}

function hasCompiler(recipe: Recipe): boolean {
  return compilersOf(recipe).every(isInstalled);
}

function isInstalled(name: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(path.join(folder, name)));
}

function isNewer(output: string, inputs: readonly string[]): boolean {
  const made = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return inputs.every((input) => statSync(input).mtimeMs < made);
}
