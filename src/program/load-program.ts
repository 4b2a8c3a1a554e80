/** From a program's name to the `Program`: the executable and the modules that the platform's linker loads for it. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { DT, nameOfConstant } from '../elf/constants.ts';
import { machine } from '../machine/names.ts';
import { LinkonceError, Refusal, named } from '../util/errors.ts';
import { closure } from './closure.ts';
import type { Variables } from './environment.ts';
import { requireBindable } from './environment.ts';
import { hasAttribute } from './extended-attributes.ts';
import { fileIdentity, sameFile } from './file-identity.ts';
import { fileKind } from './file-kind.ts';
import { findProgram } from './find-program.ts';
import { glibcRules } from './glibc-rules.ts';
import type { LinkerRules } from './linker-rules.ts';
import { muslRules } from './musl-rules.ts';
import type { Module, Program } from './program.ts';
import type { ReadModule } from './read-module.ts';
import { describeScript } from './script.ts';
import { refuseSanitized } from './sanitizers.ts';
import { readModule } from './read-module.ts';

export interface LoadOptions {
  /** Directories in which a name without a slash is looked up, as in PATH. Default: PATH. */
  readonly search?: string;
  /** How modules are read; see `cachedReader` for many programs. */
  readonly read?: ReadModule;
  /** What the linker finds in the environment. Default: none is set. */
  readonly variables?: Variables;
  /** Paths of what `Program.opened` shall have, as recorded; a path that leads to a module of the program counts for nothing. */
  readonly opened?: readonly string[];
}

/** S_ISUID and S_ISGID. */
const setIdBits = 0o6000;

/**
 * Finds a program as a person types it (`git`, `./tool`, `/usr/bin/vim`), and its modules in search order. The environment of this
 * process has no say: `variables` are what the program is loaded for.
 * Throws LinkonceError where there is no such program or library, ElfError for a damaged file, and Refusal for a program
 * that cannot be bound: static, set-user-id, foreign, with an unknown linker, or for such variables.
 */
export function loadProgram(typed: string, options: LoadOptions = {}): Program {
  const invocation = findProgram(typed, options.search ?? process.env.PATH ?? '');
  try {
    return load(invocation, options);
  } catch (error) {
    throw named(error, invocation);
  }
}

function load(invocation: string, options: LoadOptions): Program {
  const file = realpathSync(invocation);
  refuseForeign(file);
  refusePrivileged(file);
  const { read = readModule, variables = [] } = options;
  requireBindable(variables, file);
  const executable = read(file);
  const { name, libc, rules } = linkerOf(executable);
  if (libc === 'glibc') refuseAudited(executable);
  const interpreter = read(name);
  const found = closure(executable, interpreter, rules(name, file, variables), read);
  refuseSanitized(found.modules);
  const opened = readOpened(options.opened ?? [], found.modules, read);
  return { invocation, path: file, executable, interpreter, libc, variables, ...found, opened };
}

/** Two paths of one file are one module. */
function readOpened(paths: readonly string[], needed: readonly Module[], read: ReadModule): Module[] {
  const known = [...needed];
  return paths.flatMap((file) => {
    const identity = fileIdentity(file);
    if (known.some((module) => sameFile(module.identity, identity))) return [];
    const module = read(file);
    known.push(module);
    return [module];
  });
}

function refuseForeign(file: string): void {
  const kind = fileKind(file);
  if (kind.kind === 'script') throw new LinkonceError(describeScript(file));
  if (kind.kind === 'foreign') throw new Refusal(`${file} ${kind.what}`);
  if (kind.kind !== 'native') throw new LinkonceError(`${file} ${kind.what}`);
}

/** The kernel gives such a program rights that its caller has not: it must start the ordinary way. */
function refusePrivileged(file: string): void {
  const { mode } = statSync(file);
  if ((mode & setIdBits) !== 0)
    throw new Refusal(`${file} is set-${(mode & 0o4000) !== 0 ? 'user' : 'group'}-id`);
  // capabilities(7)
  if (hasAttribute(file, 'security.capability')) throw new Refusal(`${file} has file capabilities`);
}

/**
 * Auditors are code that glibc's ld.so runs whenever it loads the program, also to list its modules. It heeds the executable's
 * tags only (elf/rtld.c, load_audit_modules); musl's heeds none.
 */
function refuseAudited({ path: file, elf }: Module): void {
  for (const tag of [DT.AUDIT, DT.DEPAUDIT])
    if (elf.dynamic?.entries.some((entry) => entry.tag === tag))
      throw new Refusal(`${file} names auditors (DT_${nameOfConstant(DT, tag)}), which watch ld.so at work`);
}

interface Linker {
  readonly libc: Program['libc'];
  readonly rules: (interpreter: string, program: string, variables: Variables) => LinkerRules;
}

/** The linkers that linkonce knows, by their file's name. */
const linkers = new Map<string, Linker>([
  [machine.glibcLinker, { libc: 'glibc', rules: glibcRules }],
  [machine.muslLinker, { libc: 'musl', rules: muslRules }],
]);

/** PT_INTERP and what is known of it. */
function linkerOf({ path: file, elf }: Module): Linker & { readonly name: string } {
  const name = elf.interpreter;
  if (name === undefined) throw new Refusal(`${file} is not dynamically linked: it has no PT_INTERP`);
  const linker = linkers.get(path.basename(name));
  if (linker === undefined || !path.isAbsolute(name))
    throw new Refusal(`${file} has the linker ${name}, which is neither glibc's nor musl's`);
  if (!existsSync(name)) throw new LinkonceError(`${file} needs the linker ${name}, which is not found`);
  return { name, ...linker };
}
