/** Runs the C compiler, as many at once as there are processors. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { LinkonceError } from '../util/errors.ts';
import type { Compilation, Link, Recipe } from './recipe.ts';

/** A compiler takes 10 ms to start: it is given so many sources at once. */
const sourcesAtOnce = 16;

/** What the compiler says that it is. */
export async function compilerVersion(): Promise<string> {
  return cc(['--version'], '.');
}

/** Writes the sources to a folder and makes all outputs there. Throws LinkonceError with the compiler's first complaint. */
export async function compileRecipe({ sources, compilations, links }: Recipe, folder: string): Promise<void> {
  for (const [name, text] of sources) writeFileSync(path.join(folder, name), text);
  for (const { folder: objects } of compilations) mkdirSync(path.join(folder, objects), { recursive: true });
  const limited = createLimiter(availableParallelism());
  const jobs = compilations.flatMap(splitCompilation);
  await Promise.all(jobs.map((job) => limited(() => compileObjects(job, folder))));
  await linkAll(links, (link) => limited(() => linkOne(link, folder)));
}

function splitCompilation(compilation: Compilation): readonly Compilation[] {
  const { sources } = compilation;
  const count = Math.ceil(sources.length / sourcesAtOnce);
  return Array.from({ length: count }, (_, part) => ({
    ...compilation,
    sources: sources.slice(part * sourcesAtOnce, (part + 1) * sourcesAtOnce),
  }));
}

function compileObjects({ flags, sources, folder: objects }: Compilation, folder: string): Promise<string> {
  const names = sources.map((name) => path.join(folder, name));
  return cc([...flags, '-c', ...names], path.join(folder, objects));
}

/** Each link begins when those that it uses are made. */
async function linkAll(links: readonly Link[], make: (link: Link) => Promise<unknown>): Promise<void> {
  const byOutput = new Map(links.map((link) => [link.output, link]));
  const begun = new Map<string, Promise<unknown>>();
  const made = (output: string): Promise<unknown> => {
    const link = byOutput.get(output);
    if (link === undefined) throw new Error(`${output}: nothing makes it`);
    const known = begun.get(output) ?? Promise.all(link.uses.map(made)).then(() => make(link));
    begun.set(output, known);
    return known;
  };
  await Promise.all(links.map(({ output }) => made(output)));
}

function linkOne({ output, flags, inputs, uses }: Link, folder: string): Promise<string> {
  return cc(['-o', output, ...inputs, ...uses, ...flags], folder);
}

/** Runs at most so many works at a time; the others wait for their turn. */
function createLimiter(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running === limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

function cc(args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const most = 1 << 24;
    execFile('cc', args, { cwd: folder, maxBuffer: most }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT')
        reject(
          new LinkonceError(
            'cc: there is no C compiler in PATH, and what shall be measured is not compiled yet',
          ),
        );
      else reject(new LinkonceError(`cc: ${firstLine(stderr) || error.message}`));
    });
  });
}

function firstLine(text: string): string {
  const lines = text.split('\n');
  return lines.find((line) => line.includes('error')) ?? lines[0]!;
}
