/**
 * The platform's own linker as judge of `loadProgram` and `createResolver`: `ld.so --list` says what it loads, and
 * LD_DEBUG=bindings, with LD_BIND_NOW=1, what it binds before the first constructor runs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { R_X86_64 } from '../../src/machine/relocations.ts';
import { asEnvironment } from '../../src/program/environment.ts';
import type { Module, Program } from '../../src/program/program.ts';
import { referenceKind } from '../../src/program/reference-kind.ts';
import { createResolver } from '../../src/program/resolver.ts';
import { LinkonceError } from '../../src/util/errors.ts';
import { patienceMs } from '../patience.ts';

/** The environment of every judged run: beside what the program is loaded for, nothing that changes what the linker does. */
const usual = { PATH: '/usr/bin:/bin', HOME: tmpdir(), LC_ALL: 'C' };
const environmentOf = ({ variables }: Program) => ({ ...usual, ...asEnvironment(variables) });

/** The paths that `ld.so --list` prints after the executable, in its order, without the vdso. */
export function listedModules(program: Program): string[] {
  const { interpreter, path: file } = program;
  const env = environmentOf(program);
  const { stdout } = spawnSync(interpreter.path, ['--list', file], { env, encoding: 'utf8' });
  const lines = Array.from(stdout.matchAll(/^\t(?:.* => )?(\S.*) \(0x[0-9a-f]+\)$/gm), ([, name]) => name!);
  return lines.filter((name) => !name.startsWith('linux-vdso'));
}

/** The same from `loadProgram`. */
export function loadedModules({ modules }: Program): string[] {
  return modules.slice(1).map((module) => module.path);
}

/**
 * What ld.so says of every binding that it made before the first constructor: `FROM -> TO SYMBOL [VERSION]`. With
 * `start`, the program is started with these arguments; without, the linker only relocates it, as `ldd -r` does.
 */
export function linkerBindings(program: Program, start?: readonly string[]): Set<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-judge-'));
  try {
    const env = {
      ...environmentOf(program),
      ...(start ? {} : { LD_TRACE_LOADED_OBJECTS: '1', LD_WARN: '1' }),
      ...{ LD_BIND_NOW: '1', LD_DEBUG: 'bindings,files', LD_DEBUG_OUTPUT: path.join(directory, 'log') },
    };
    const { pid } = spawnSync(program.path, start ?? [], {
      env,
      cwd: directory,
      input: '',
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    });
    const log = readdirSync(directory).find((name) => name === `log.${pid}`);
    if (log === undefined) throw new Error(`${program.path}: ld.so wrote no log`);
    return parseBindings(readFileSync(path.join(directory, log), 'latin1'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const bindingLine =
  /binding file (.+) \[0\] to (.+) \[0\]: (?:normal|protected) symbol `(.*)'(?: \[(.*)\])?$/gm;

/** The bindings in a log of LD_DEBUG=bindings,files, up to the first constructor. */
export function parseBindings(log: string): Set<string> {
  const end = log.indexOf('calling init:');
  const before = end < 0 ? log : log.slice(0, end);
  return new Set(
    Array.from(before.matchAll(bindingLine), ([, from, to, name, version]) =>
      line(from!, to!, name!, version),
    ),
  );
}

function line(from: string, to: string, name: string, version: string | undefined): string {
  return `${from} -> ${to} ${name} [${version ?? ''}]`;
}

export interface OwnBindings {
  /** In the form of `linkerBindings`. */
  readonly bindings: Set<string>;
  /** References that were looked up. */
  readonly references: number;
  /** Strong references without a definition, as `MODULE SYMBOL`. */
  readonly undefined: readonly string[];
}

/** What `createResolver` says of every relocation with a symbol that ld.so looks up. */
export function ownBindings(program: Program, modules: readonly Module[] = program.modules): OwnBindings {
  const resolver = createResolver(program);
  const bindings = new Set<string>();
  const missing: string[] = [];
  let references = 0;
  for (const module of modules)
    for (const { symbol: index, type } of module.elf.relocations) {
      const reference = module.elf.symbols.at(index);
      if (type === R_X86_64.NONE || isLocal(reference)) continue;
      references++;
      try {
        const found = resolver.resolve(module, index, referenceKind(type));
        if (found)
          bindings.add(line(module.path, found.module.path, reference.name, reference.version?.name));
      } catch (error) {
        if (!(error instanceof LinkonceError)) throw error;
        missing.push(`${module.path} ${reference.name}`);
      }
    }
  return { bindings, references, undefined: missing };
}

/** ld.so looks up neither local nor hidden nor internal symbols. */
function isLocal({
  binding,
  visibility,
}: {
  readonly binding: number;
  readonly visibility: number;
}): boolean {
  return binding === 0 || visibility === 1 || visibility === 2;
}

export interface Comparison {
  readonly program: string;
  readonly modules: number;
  readonly references: number;
  readonly bindings: number;
  readonly seconds: number;
  /** Empty where linkonce and the linker agree. */
  readonly differences: readonly string[];
}

/** What ld.so looks up for its own use: memory functions and `_r_debug` in the executable's name, and functions of the vdso. */
function isLinkersOwn(binding: string, program: Program): boolean {
  const own = / (malloc|calloc|free|realloc) \[GLIBC_2\.2\.5\]$| _r_debug \[\]$/;
  return (
    binding.startsWith('linux-vdso.so.1 ') || (binding.startsWith(`${program.path} `) && own.test(binding))
  );
}

/** Compares closure and bindings of a program with what its linker says; `start` as for `linkerBindings`. */
export function compareWithLinker(program: Program, start?: readonly string[]): Comparison {
  const [listed, loaded] = [listedModules(program), loadedModules(program)];
  const begin = performance.now();
  // Without a start the linker does not relocate itself.
  const own = ownBindings(
    program,
    program.modules.filter((module) => start ?? module !== program.interpreter),
  );
  const seconds = (performance.now() - begin) / 1000;
  const linkers = linkerBindings(program, start);
  const differences = [
    ...(listed.join('\n') === loaded.join('\n')
      ? []
      : [`closure: ${loaded.join(' ')}\n  ld.so: ${listed.join(' ')}`]),
    ...[...own.bindings]
      .filter((binding) => !linkers.has(binding))
      .map((binding) => `only linkonce: ${binding}`),
    ...[...linkers]
      .filter((binding) => !own.bindings.has(binding) && !isLinkersOwn(binding, program))
      .map((binding) => `only ld.so: ${binding}`),
  ];
  const { length: modules } = program.modules;
  return {
    program: program.path,
    modules,
    references: own.references,
    bindings: linkers.size,
    seconds,
    differences,
  };
}
