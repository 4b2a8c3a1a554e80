/**
 * The variables that dynamic linkers read, as a value: what a program is bound for. A start runs from an image where they are the
 * same, and hands over where not (native/check.h).
 *
 * Classes of names, not a list: glibc reads LD_… and GLIBC_TUNABLES, and MALLOC_… as other names of tunables
 * (elf/dl-tunables.list); musl two of LD_…. A linker of tomorrow may read another one of them.
 */
import { Refusal } from '../util/errors.ts';

/** `NAME=VALUE` of each, ascending, no name twice; empty: none is set. */
export type Variables = readonly string[];

const classes = /^(?:LD_|MALLOC_|GLIBC_TUNABLES$)/;

export function isLinkerVariable(name: string): boolean {
  return classes.test(name);
}

/** Those of an environment. */
export function linkerVariables(environment: Readonly<Record<string, string | undefined>>): Variables {
  return Object.entries(environment)
    .flatMap(([name, value]) => (isLinkerVariable(name) && value !== undefined ? [`${name}=${value}`] : []))
    .sort();
}

/** The same as an environment. */
export function asEnvironment(variables: Variables): Readonly<Record<string, string>> {
  return Object.fromEntries(
    variables.map((text) => [nameOf(text), text.slice(nameOf(text).length + 1)] as const),
  );
}

/** The name in `NAME=VALUE`. */
export function nameOf(variable: string): string {
  return variable.slice(0, variable.indexOf('='));
}

/**
 * With these a linker watches, prints or lists, or runs no program (glibc elf/rtld.c, process_envvars; musl ldso/dynlink.c), or
 * it resolves and loads in ways of its own: dl-support.c's LD_ORIGIN_PATH, LD_ASSUME_KERNEL, LD_HWCAP_MASK and others until 2.37.
 */
const unbindable = new RegExp(
  `^LD_(?:${[
    ...[
      'AUDIT',
      'DEBUG.*',
      'PROFILE.*',
      'TRACE_.*',
      'SHOW_AUXV',
      'VERBOSE',
      'WARN',
      'DYNAMIC_WEAK',
      'BIND_NOT',
    ],
    ...['ORIGIN_PATH', 'ASSUME_KERNEL', 'HWCAP_MASK', 'USE_LOAD_BIAS', 'PREFER_MAP_32BIT_EXEC'],
  ].join('|')})$`,
);

/** Names of variables for which nothing can be bound. */
export function unbindableNames(variables: Variables): string[] {
  return variables.map(nameOf).filter((name) => unbindable.test(name));
}

/** Throws Refusal naming the first of these. */
export function requireBindable(variables: Variables, program: string): void {
  const [name] = unbindableNames(variables);
  if (name !== undefined)
    throw new Refusal(
      `${program}: with ${name} set its linker does more than to load it: unset it, nothing is bound for it`,
    );
}
