/**
 * The program that times calls between modules (native/probe/), compiled once and linked twice: as modules, and as one
 * executable whose call sites, in the same object code, the linker has made direct.
 */
import path from 'node:path';
import { buildCached } from './build-cached.ts';
import type { Compilation, Link, Recipe } from './recipe.ts';
import { anyGlibc, nativeSource } from './recipe.ts';
import type { CallStyle } from './walk-sources.ts';
import { callStyles, walkCalls, walkedSource, walkSize, walkSource } from './walk-sources.ts';

export interface Probe {
  /** Path of the executable that calls modules. */
  readonly modular: string;
  /** Path of the executable that has everything in it. */
  readonly linked: string;
  /** Path of the executable that times jumps by distance (native/probe/distance.c). */
  readonly distance: string;
}

/** Compiles the probe, or finds it compiled. Throws LinkonceError where there is no working C compiler. */
export async function buildProbe(): Promise<Probe> {
  const folder = await buildCached(probeRecipe());
  const at = (name: string): string => path.join(folder, name);
  return { modular: at('probe'), linked: at('probe-linked'), distance: at('distance') };
}

/** A shared library of the probe. */
interface Part {
  readonly name: string;
  readonly objects: readonly string[];
  /** Names of the parts that it calls. */
  readonly uses: readonly string[];
}

/** With what a package brings compiled. */
export function probeRecipe(): Recipe {
  const parts = [{ name: 'callee', objects: ['o/callee.o'], uses: [] }, ...callStyles.flatMap(partsOf)];
  const mainObjects = ['o/main.o', 'o/evict.o'];
  return {
    sources: sources(),
    compilations: [
      {
        folder: 'o',
        flags,
        sources: ['main.c', 'distance.c', 'evict.c', 'callee.c', ...callStyles.flatMap(walkedFiles)],
      },
      ...callStyles.map(compileStyle),
    ],
    links: [
      ...parts.map(linkPart),
      {
        output: 'probe',
        flags: ['-pie', anyGlibc.flag, ...linkFlags],
        inputs: mainObjects,
        uses: callStyles.flatMap((style) => [`libcaller-${style}.so`, `libwalk-${style}.so`]),
      },
      {
        output: 'probe-linked',
        flags: ['-pie', anyGlibc.flag, ...linkFlags],
        inputs: [...mainObjects, ...parts.flatMap(({ objects }) => objects)],
        uses: [],
      },
      {
        output: 'distance',
        flags: ['-pie', anyGlibc.flag, ...linkFlags],
        inputs: ['o/distance.o'],
        uses: [],
      },
    ],
  };
}

function sources(): ReadonlyMap<string, string> {
  const written = ['probe.h', 'stay.h', 'main.c', 'distance.c', 'caller.c', 'callee.c', 'evict.c'].map(
    (name) => [name, nativeSource('probe', name)] as const,
  );
  const generated = callStyles.flatMap((style) => [
    [`walk-${style}.c`, walkSource(style)] as const,
    ...walkedFiles(style).map((name, module) => [name, walkedSource(style, module)] as const),
  ]);
  return new Map([[anyGlibc.header, nativeSource(anyGlibc.header)], ...written, ...generated]);
}

function walkedFiles(style: CallStyle): readonly string[] {
  return Array.from({ length: walkSize.modules }, (_, module) => `walked-${style}-${module}.c`);
}

function partsOf(style: CallStyle): readonly Part[] {
  const walked = walkedFiles(style).map((file) => path.basename(file, '.c'));
  return [
    { name: `caller-${style}`, objects: [`${style}/caller.o`], uses: ['callee'] },
    ...walked.map((name) => ({ name, objects: [`o/${name}.o`], uses: [] })),
    { name: `walk-${style}`, objects: [`${style}/walk-${style}.o`], uses: walked },
  ];
}

function compileStyle(style: CallStyle): Compilation {
  return {
    folder: style,
    flags: [...flags, `-DSTYLE=${style}`, style === 'plt' ? '-fplt' : '-fno-plt'],
    sources: ['caller.c', `walk-${style}.c`],
  };
}

/** The C library's start files and data would make the modules larger than what they are made for. */
function linkPart({ name, objects, uses }: Part): Link {
  const output = `lib${name}.so`;
  return {
    output,
    flags: ['-shared', '-nostdlib', `-Wl,-soname,${output}`, ...linkFlags],
    inputs: objects,
    uses: uses.map((used) => `lib${used}.so`),
  };
}

/** Functions and loops at the beginning of cache lines: where else they stood would differ from link to link. */
const flags = [
  ...['-O2', '-g0', '-fPIC', '-Wall', '-Wextra', '-Werror', '-fcf-protection=none', '-fno-stack-protector'],
  ...['-falign-functions=64', '-falign-loops=64', `-DWALK_CALLS=${walkCalls}`],
];

/** Lazy, so that first calls show what binding costs; the variant that binds at start-up asks for that itself. */
const linkFlags = [
  ...['-Wl,-z,lazy', '-Wl,-z,relro', '-Wl,-z,separate-code', '-Wl,--no-as-needed'],
  ...['-Wl,-rpath,$ORIGIN', '-Wl,-rpath-link,.'],
];
