/**
 * The fewest mappings that are possible, on real programs: what each variant of `image` asks for at a start and has at the end, and what
 * modules allow whose parts keep their distances. Counts, but for the last table, whose figures are of this machine and moment.
 *
 *     node bench/mappings.mjs [--rounds N] [PROGRAM…]        with --version as their argument; git, curl, python3
 *
 * Reads the built tool: first `npm run build`. Needs cc.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Tracee } from '../dist/src/capture/ptrace.js';
import { operations } from '../dist/src/image/plan-layout.js';
import { readPlan } from '../dist/src/image/verify-image.js';
import { bringToMoment } from '../dist/src/measure/moment.js';
import { bindSubject, openProgram } from '../dist/src/pipeline.js';
import { findSystem } from '../dist/src/systems/registry.js';

/** @typedef {{ start: number, end: number, rights: string }} Range */

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '200' } },
  allowPositionals: true,
});
const programs = positionals.length > 0 ? positionals : ['/usr/bin/git', '/usr/bin/curl', '/usr/bin/python3'];
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-mappings-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const image = findSystem('image');
const ownVariants = image.variants.map(({ id }) => id);
const merged = image.variants.find(({ id }) => id === 'merged');
/** With one that nobody is offered: every part of a module may be written and executed. @type {typeof image} */
const system = {
  ...image,
  variants: [
    ...image.variants,
    { ...merged, id: 'without protections', arrangement: { ...merged.arrangement, protections: 'none' } },
  ],
};
const variants = [...ownVariants, 'without protections'];

/** What a process has mapped when it is about to exit. @param {string} file @returns {Promise<Range[]>} */
async function atExit(file) {
  const environment = { PATH: '/usr/bin:/bin', HOME: folder };
  const tracee = Tracee.start({ file, argv: [file, '--version'], environment, quiet: true });
  try {
    const [traveller] = await bringToMoment([{ tracee }], { moment: 'exit', limitMs: 60_000 });
    if (traveller.state !== 'reached' || traveller.executedAnother)
      throw new Error(`${file}: did not run from its image`);
    const text = readFileSync(`/proc/${tracee.pid}/maps`, 'utf8');
    return [...text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) (...)/gm)].map(([, start, end, rights]) => ({
      ...{ start: parseInt(start, 16), end: parseInt(end, 16), rights },
    }));
  } finally {
    tracee.end();
  }
}

/** @param {readonly string[]} rights In address order: how many runs of equal ones. */
const runsOf = (rights) => rights.filter((each, index) => each !== rights[index - 1]).length;

/** Rights of each module's parts, in address order. @param {readonly Range[]} maps @param {readonly Range[]} modules */
const partsOf = (maps, modules) =>
  modules.map(({ start, end }) =>
    maps.filter((map) => map.start < end && map.end > start).map(({ rights }) => rights),
  );

/** Constants as they are, or executable. @param {string} rights */
const asCode = (rights) => (rights === 'r--' ? 'r-x' : rights);

/**
 * Two neighbours have one mapping fewer where the first one's end and the second one's beginning have equal rights: no order has more of
 * these than there are ends and beginnings of the same rights.
 * @param {readonly (readonly string[])[]} parts
 */
function boundsOf(parts) {
  const every = parts.reduce((sum, rights) => sum + runsOf(rights), 0);
  const kinds = new Set(parts.flat());
  const ends = parts.map((rights) => rights.at(-1));
  const beginnings = parts.map((rights) => rights[0]);
  const countIn = (/** @type {readonly (string | undefined)[]} */ list, /** @type {string} */ kind) =>
    list.filter((each) => each === kind).length;
  const meetings = [...kinds].map((kind) => Math.min(countIn(ends, kind), countIn(beginnings, kind)));
  const most = Math.min(
    parts.length - 1,
    meetings.reduce((sum, each) => sum + each, 0),
  );
  return { asTheyLie: runsOf(parts.flat()), inAnyOrder: every - most, gathered: kinds.size };
}

/** Binds a program under a variant, and counts. @param {ReturnType<typeof openProgram>} subject @param {string} variant */
async function bindOne(subject, variant) {
  const output = path.join(folder, `${path.basename(subject.program.path)}.${variant}`);
  const { file } = await bindSubject(subject, { system, variant, output });
  const plan = readPlan(`${file}.image`);
  const modules = plan
    .rows('regions')
    .filter((row) => plan.text(row.path).startsWith('/'))
    .map(({ address, length }) => ({ start: Number(address), end: Number(address + length), rights: '' }))
    .sort((a, b) => a.start - b.start);
  const maps = await atExit(file);
  const parts = partsOf(maps, modules);
  const steps = plan.rows('steps');
  const protects = steps.filter(({ operation }) => Number(operation) === operations.protect);
  const seals = plan.rows('seals').length;
  const isOfModules = (/** @type {Range} */ map) =>
    modules.some(({ start, end }) => map.start < end && map.end > start);
  const own = maps.filter(isOfModules).length;
  return { image: `${file}.image`, steps, protects, seals, parts, own, all: maps.length };
}

/** What the ranges that are written cost beside one mapping of everything, µs. @param {Awaited<ReturnType<typeof bindOne>>} bound */
function timeOne({ image, protects }) {
  const ranges = protects
    .filter(({ protection }) => Number(protection) === 3)
    .flatMap(({ offset, length }) => [String(offset), String(length)]);
  const words = [image, String(statSync(image).size), options.rounds, ...ranges];
  return execFileSync(oneMapping, words, { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map((ns) => (Number(ns) / 1000).toFixed(1)));
}

const oneMapping = path.join(folder, 'one-mapping');
execFileSync('cc', ['-O2', '-o', oneMapping, fileURLToPath(new URL('one-mapping.c', import.meta.url))]);
/** @param {readonly (string | number)[]} cells */
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

const timed = [];
for (const name of programs) {
  const subject = openProgram(name, () => undefined);
  const bound = new Map();
  for (const variant of variants) bound.set(variant, await bindOne(subject, variant));
  const exact = bound.get('single').parts;
  console.log(`\n## ${path.basename(name)}, ${exact.length} modules\n`);
  row(['variant', 'calls that map, with the image', 'that protect', 'mappings of modules', 'of the process']);
  row(['---', '---:', '---:', '---:', '---:']);
  for (const [variant, { steps, protects, seals, own, all }] of bound)
    row([`\`${variant}\``, 1 + steps.length - protects.length, protects.length + seals, own, all]);
  console.log('\nThe fewest for these modules:\n');
  row(['protections', 'as they lie', 'in any order, without gaps', 'if parts could leave their modules']);
  row(['---', '---:', '---:', '---:']);
  const bounds = {
    exact,
    'constants executable': exact.map((rights) => rights.map(asCode)),
    none: exact.map(() => ['rwx']),
  };
  for (const [which, parts] of Object.entries(bounds)) {
    const { asTheyLie, inAnyOrder, gathered } = boundsOf(parts);
    row([which, asTheyLie, inAnyOrder, gathered]);
  }
  timed.push([path.basename(name), ...timeOne(bound.get('merged'))]);
}
console.log(
  '\n## As one private mapping that may be written and executed: medians, µs (this machine, this moment)\n',
);
row(['program', 'as it is: map', 'touch', 'fork', 'unmap', 'as one: map', 'touch', 'fork', 'unmap']);
row(['---', ...Array.from({ length: 8 }, () => '---:')]);
for (const [name, ...times] of timed) row([name, ...times.flat()]);
