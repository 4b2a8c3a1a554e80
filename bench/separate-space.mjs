/**
 * What a call costs whose entry of the hashed dispatcher several modules have for functions of their own: it goes through the separate
 * space, where each module's range is compared with the return address until one has it. Eight libraries call a function each; in
 * one program all eight names have one entry, in the other each has its own. Processes of all rows alternate.
 *
 *     node bench/separate-space.mjs [--rounds N]      each round one process a row; 15
 *
 * Of a process counts the fastest of its passes, of a row the median of its processes, with a 95 % interval; the difference is that of
 * one round. Reads the built tool: first `npm run build`. Needs cc.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { estimateMedian } from '../dist/src/measure/statistics.js';
import { bindSubject, openProgram } from '../dist/src/pipeline.js';
import { hashName } from '../dist/src/ranges/hash-name.js';
import { findSystem } from '../dist/src/systems/registry.js';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-separate-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const callers = 8;
/** Which callers are timed: the resolver has their ranges in this order. */
const timed = [0, 1, 3, 7];
const entries = 512;

/** The first names of which all have the first one's entry, or each an entry of its own. @param {boolean} isShared */
function names(isShared) {
  const found = ['walk_0'];
  const taken = new Set([hashName('walk_0', entries)]);
  for (let number = 1; found.length < callers; number++) {
    const name = `walk_${number}`;
    const entry = hashName(name, entries);
    if (taken.has(entry) !== isShared) continue;
    taken.add(entry);
    found.push(name);
  }
  return found;
}

/** @param {string} output @param {string} source @param {readonly string[]} more */
function compile(output, source, ...more) {
  const flags = output.endsWith('.so') ? ['-shared', '-fPIC', `-Wl,-soname,${path.basename(output)}`] : [];
  const fixed = ['-O2', '-w', '-Wl,-z,now', '-Wl,-rpath,$ORIGIN', '-x', 'c', '-', '-x', 'none'];
  execFileSync('cc', [...flags, ...fixed, ...more, '-o', output], { input: source });
  return output;
}

/** @param {boolean} isShared */
function build(isShared) {
  const place = path.join(folder, isShared ? 'shared' : 'own');
  mkdirSync(place);
  const functions = names(isShared);
  const definitions = functions.map((name) => `long ${name}(long x) { return x + 1; }`).join('\n');
  const steps = compile(path.join(place, 'libsteps.so'), definitions, '-nostdlib');
  const users = functions.map((name, index) =>
    compile(
      path.join(place, `libuser${index}.so`),
      `long ${name}(long);
       __attribute__((aligned(4096))) long loop${index}(long x, long calls) {
         for (; calls > 0; calls -= 4) { x = ${name}(x); x = ${name}(x); x = ${name}(x); x = ${name}(x); }
         return x;
       }`,
      '-nostdlib',
      steps,
    ),
  );
  const loops = functions.map((_, index) => `loop${index}`);
  const program = `
    #include <stdio.h>
    #include <stdlib.h>
    #include <time.h>
    long ${loops.map((name) => `${name}(long, long)`).join(', ')};
    static long (*const loops[])(long, long) = {${loops.join(', ')}};
    int main(int count, char **words) {
      double best = 1e9;
      for (int pass = 0; pass < 20; pass++) {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        if (loops[atoi(words[1])](0, 1000000) != 1000000) return 1;
        clock_gettime(CLOCK_MONOTONIC, &b);
        double ns = ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / 1000000;
        if (ns < best) best = ns;
      }
      printf("%.4f\\n", best);
      return 0;
    }`;
  return compile(path.join(place, 'calls'), program, ...users);
}

const dispatcher = findSystem('hash-dispatcher');
const constant = dispatcher.variants.find(({ id }) => id === 'constant');
/** Modules beside the dispatcher, in low memory, too: what distance costs is the same in all its calls then. */
const near = { ...constant.arrangement, space: () => ({ base: 0x2000_0000, bits: 30 }) };
const system = {
  ...dispatcher,
  variants: [...dispatcher.variants, { ...constant, id: 'constant, near', arrangement: near }],
};

const rows = [];
for (const isShared of [false, true]) {
  const subject = openProgram(build(isShared), () => undefined);
  for (const { id: variant } of system.variants) {
    const output = path.join(folder, `${isShared ? 'shared' : 'own'}.${variant.replaceAll(/\W+/g, '-')}`);
    const { file, entries: use } = await bindSubject(subject, { system, variant, output });
    if (use.toldApart !== (isShared ? 1 : 0)) throw new Error(`${use.toldApart} entries are told apart`);
    for (const caller of timed) rows.push({ file, variant, isShared, caller, ns: [] });
  }
}
const environment = { LINKONCE_DEBUG: '1' };
for (let round = 0; round < Number(options.rounds); round++)
  for (const { file, caller, ns } of rows)
    ns.push(
      Number(
        execFileSync(file, [String(caller)], {
          encoding: 'utf8',
          env: environment,
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      ),
    );

/** @param {readonly number[]} samples */
const shown = (samples) => {
  const { median, low, high } = estimateMedian(samples);
  return `${median.toFixed(2)} [${low.toFixed(2)}–${high.toFixed(2)}]`;
};
console.log(
  '| variant | range of the caller | entry of its own, ns a call | separate space, ns a call | more, ns |',
);
console.log('| --- | ---: | ---: | ---: | ---: |');
for (const { variant, isShared, caller, ns } of rows) {
  if (isShared) continue;
  const apart = rows.find((row) => row.isShared && row.variant === variant && row.caller === caller);
  const more = apart.ns.map((each, round) => each - ns[round]);
  console.log(`| \`${variant}\` | ${caller + 1} | ${shown(ns)} | ${shown(apart.ns)} | ${shown(more)} |`);
}
