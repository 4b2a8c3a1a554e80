/**
 * Plug-ins by chance: they depend on each other, define functions and variables of the same names, and refer to any of them in any
 * way that a compiler has. Each reports what its references lead to. The same seed gives the same ones.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/util/native.ts';

/** Draws a whole number from 0 up to, not including, the limit. */
export type Random = (limit: number) => number;

export interface RandomPlugin {
  readonly name: string;
  /** Indices of plug-ins before it that it needs itself. */
  readonly needs: readonly number[];
  readonly source: string;
  readonly versions: string;
  readonly flags: readonly string[];
}

interface Definitions {
  readonly functions: readonly string[];
  readonly data: readonly string[];
  readonly threadLocal: readonly string[];
  readonly unique: readonly string[];
}

const named = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index}`);
const names: Definitions = {
  functions: named('f', 12),
  data: named('d', 8),
  threadLocal: named('t', 3),
  unique: named('u', 3),
};

export const opened = path.join(packageRoot(), 'test', 'programs', 'opened');

const chance = (random: Random, percent: number): boolean => random(100) < percent;
const some = <T>(random: Random, all: readonly T[], percent: number): T[] =>
  all.filter(() => chance(random, percent));

function draw(random: Random): Definitions {
  return {
    functions: some(random, names.functions, 25),
    data: some(random, names.data, 25),
    threadLocal: some(random, names.threadLocal, 20),
    unique: some(random, names.unique, 20),
  };
}

/** How a function is defined: as it is, protected, or as an IFUNC. */
function defineFunction(random: Random, name: string, who: string): string {
  const body = `{ return "${name} of ${who}"; }`;
  if (chance(random, 10))
    return `static const char *own_${name}(void) ${body}
static const char *(*choose_${name}(void))(void) { return own_${name}; }
const char *${name}(void) __attribute__((ifunc("choose_${name}")));`;
  const visibility = chance(random, 15) ? '__attribute__((visibility("protected"))) ' : '';
  return `${visibility}const char *${name}(void) ${body}`;
}

function defineAll(random: Random, own: Definitions, who: string, number: number): string[] {
  return [
    ...own.functions.map((name) => defineFunction(random, name, who)),
    ...own.data.map((name, index) => `int ${name} = ${100 * number + index};`),
    ...own.threadLocal.map((name, index) => `__thread int ${name} = ${1000 * number + index};`),
    ...own.unique.map(
      (name, index) =>
        `int ${name} = ${10000 * number + index};\n__asm__(".type ${name}, @gnu_unique_object");`,
    ),
  ];
}

interface References {
  readonly tops: readonly string[];
  readonly body: readonly string[];
}

/** What it refers to; a name that nothing it needs defines is weak, or, where it may lack any, is a function that is never called. */
function referAll(random: Random, own: Definitions, below: Definitions, mayLack: boolean): References {
  const tops: string[] = [];
  const body: string[] = [];
  for (const name of some(random, names.functions, 45)) {
    const isFound = [...own.functions, ...below.functions].includes(name);
    if (!own.functions.includes(name)) tops.push(`const char *${name}(void);`);
    if (!isFound && mayLack && chance(random, 10)) {
      body.push(`if (never) ${name}();`);
      continue;
    }
    if (!isFound || chance(random, 20)) tops.push(`#pragma weak ${name}`);
    const way = random(3);
    if (way === 0) {
      tops.push(`static const char *(*volatile at_${name})(void) = ${name};`);
      body.push(`see("${name}", (void *)at_${name}); if (at_${name}) puts(at_${name}());`);
    } else if (way === 1) body.push(`see("${name}", (void *)${name}); if (${name}) puts(${name}());`);
    else if (isFound) body.push(`puts(${name}());`);
    else body.push(`if (${name}) puts(${name}());`);
  }
  for (const name of some(random, names.data, 45)) {
    if (!own.data.includes(name)) tops.push(`extern int ${name};`);
    if (![...own.data, ...below.data].includes(name)) tops.push(`#pragma weak ${name}`);
    if (chance(random, 50))
      tops.push(`static int *volatile at_${name} = &${name} + ${chance(random, 30) ? 1 : 0};`);
    else tops.push(`#define at_${name} (&${name})`);
    body.push(`see("${name}", at_${name}); if (&${name}) printf("%d\\n", ${name}++);`);
  }
  for (const name of names.threadLocal.filter((each) =>
    [...own.threadLocal, ...below.threadLocal].includes(each),
  )) {
    if (!own.threadLocal.includes(name)) tops.push(`extern __thread int ${name};`);
    body.push(`printf("${name} %d\\n", ${name}++);`);
  }
  for (const name of names.unique.filter((each) => [...own.unique, ...below.unique].includes(each))) {
    if (!own.unique.includes(name)) tops.push(`extern int ${name};`);
    body.push(`see("${name}", &${name}); printf("%d\\n", ${name}++);`);
  }
  return { tops, body };
}

const options: readonly (readonly [string, number])[] = [
  ['-Wl,-z,now', 30],
  ['-Wl,-Bsymbolic', 15],
  ['-fno-plt', 15],
  ['-Wl,--hash-style=sysv', 10],
  ['-Wl,-z,pack-relative-relocs', 20],
  ['-Wl,-z,norelro', 10],
  ['-ftls-model=initial-exec', 10],
  ['-mtls-dialect=gnu2', 20],
  ['-Wl,-z,noseparate-code', 15],
  ['-Wl,-z,nodelete', 5],
];

function plugin(random: Random, number: number, before: readonly (RandomPlugin & { all: Definitions })[]) {
  const who = `p${number}`;
  const needs =
    before.length === 0 ? [] : [...new Set(named('', random(4)).map(() => random(before.length)))];
  const own = draw(random);
  const below = merge(needs.map((index) => before[index]!.all));
  const { tops, body } = referAll(random, own, below, number > 0);
  const isEarly = chance(random, 20);
  const source = [
    '#include "see.h"',
    'static volatile int never;',
    ...defineAll(random, own, who, number + 1),
    ...tops,
    `int report(void);\nint report(void) {\nputs("${who}:");\n${body.join('\n')}\nreturn never;\n}`,
    `__attribute__((constructor)) static void start(void) { puts("${who} opened"); ${isEarly ? 'report();' : ''} }`,
    `__attribute__((destructor)) static void end(void) { puts("${who} closed"); }\n`,
  ].join('\n');
  const versioned = chance(random, 35) ? some(random, [...own.functions, ...own.data], 60) : [];
  return {
    name: who,
    needs,
    source,
    versions: versioned.length > 0 ? `V${number} { global: ${versioned.join('; ')}; };\n` : '',
    flags: options.filter(([, percent]) => chance(random, percent)).map(([flag]) => flag),
    all: merge([own, below]),
  };
}

function merge(some: readonly Definitions[]): Definitions {
  const of = (kind: keyof Definitions): string[] => [...new Set(some.flatMap((each) => each[kind]))];
  return {
    functions: of('functions'),
    data: of('data'),
    threadLocal: of('threadLocal'),
    unique: of('unique'),
  };
}

/** The first one is no plug-in: the host needs it. */
export function drawPlugins(random: Random, count: number): readonly RandomPlugin[] {
  const drawn: ReturnType<typeof plugin>[] = [];
  for (let number = 0; number < count; number++) drawn.push(plugin(random, number, drawn));
  return drawn;
}

/** Compiles all of them, and the driver as `host`, which has some of the names, too. */
export function compilePlugins(folder: string, plugins: readonly RandomPlugin[]): void {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => path.join(folder, name);
  const shared = [
    '-O1',
    '-w',
    '-fPIC',
    '-pthread',
    `-I${opened}`,
    '-Wl,-rpath,$ORIGIN',
    '-Wl,--no-as-needed',
  ];
  const compile = (args: readonly string[]): void =>
    void execFileSync('cc', [...shared, ...args], { stdio: 'pipe' });
  for (const { name, needs, source, versions, flags } of plugins) {
    writeFileSync(file(`${name}.c`), source);
    writeFileSync(file(`${name}.map`), versions);
    const script = versions === '' ? [] : [`-Wl,--version-script=${file(`${name}.map`)}`];
    const needed = needs.map((index) => file(`${plugins[index]!.name}.so`));
    const output = ['-shared', `-Wl,-soname,${name}.so`, '-o', file(`${name}.so`), file(`${name}.c`)];
    compile([...output, ...needed, ...flags, ...script]);
  }
  const own = 'const char *f0(void) { return "f0 of the host"; }\nint d0 = 7;\n';
  writeFileSync(file('host.c'), own);
  const host = ['-rdynamic', '-o', file('host'), path.join(opened, 'driver.c'), file('host.c')];
  compile([...host, file(`${plugins[0]!.name}.so`)]);
}

/** What the host does in one round. */
export function drawSteps(random: Random, count: number): string[] {
  const slots = 'abcdef';
  const used = new Set<string>();
  const steps = Array.from({ length: 8 + random(14) }, () => {
    const slot = slots[random(slots.length)]!;
    const what = random(100);
    if (what < 12) return `symbol:-:${names.functions[random(names.functions.length)]!}`;
    if (what < 55 && used.has(slot)) return `report:${slot}`;
    if (what < 70 && used.has(slot)) {
      used.delete(slot);
      return `close:${slot}`;
    }
    if (used.has(slot)) return 'lists';
    used.add(slot);
    const file = `@/p${1 + random(count - 1)}.so`;
    return what > 96 ? `apart:${slot}:${file}:${flags(random)}` : `open:${slot}:${file}:${flags(random)}`;
  });
  return [...steps, ...[...used].map((slot) => `report:${slot}`), 'lists'];
}

function flags(random: Random): string {
  const more = [
    ['g', 40],
    ['d', 15],
    ['k', 8],
  ] as const;
  return (
    (chance(random, 70) ? 'l' : 'n') +
    more.map(([flag, percent]) => (chance(random, percent) ? flag : '')).join('')
  );
}
