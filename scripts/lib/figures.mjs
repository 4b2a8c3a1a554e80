/**
 * The tables that documents take from the reports, as Markdown. Each is a function of a measurement (the JSON of `compare`,
 * docs/formats/measurement.md), the systems, and the folder of their sources.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** @typedef {import('../../dist/src/measure/measurement.js').Measurement} Measurement */
/** @typedef {import('../../dist/src/measure/measurement.js').MeasuredResult} MeasuredResult */
/** @typedef {import('../../dist/src/measure/measurement.js').MeasuredProgram} MeasuredProgram */
/** @typedef {import('../../dist/src/measure/measurement.js').Estimate} Estimate */
/** @typedef {import('../../dist/src/systems/system.js').System} System */

const baseLine = 'got-plt lazy';
const none = '–';

/**
 * The tables by their names in the documents' markers.
 * @param {Measurement} measurement @param {readonly System[]} systems @param {string} sources
 */
export function tablesOf(measurement, systems, sources) {
  const ids = systems.map(({ id }) => id);
  return new Map([
    ['run', describeRun(measurement)],
    ['systems', systemsTable(systems)],
    ['summary', summaryTable(measurement, ids)],
    ['number-4', standingTable(measurement, 'rebase-page-in')],
    ['simplest', simplestTable(measurement, sources)],
    ...ids.map((id) => [id, systemTable(measurement, id)]),
  ]);
}

/** @param {Measurement} measurement */
function describeRun({ date, machine, settings, programs }) {
  const commands = programs.map((program) => `\`${commandOf(program)}\``).join(', ');
  const how = `${settings.runs} interleaved runs of each, medians with 95 % intervals; memory of one of ${programs[0].processes} processes, as it ends`;
  return wrap(
    `${commands}: ${how}. ${date.slice(0, 10)}, ${machine.kernel}, ${machine.libc}, ${machine.cpu}, ${machine.cores} cores.`,
  );
}

/** Lines as the README has them. @param {string} text */
const wrap = (text) => text.replaceAll(/(.{1,118})( |$)/g, '$1\n').trimEnd();

/** @param {readonly System[]} systems */
function systemsTable(systems) {
  return table(
    ['system', 'what it does'],
    systems.map(({ id, summary }) => [`\`${id}\``, summary]),
    '---',
  );
}

/**
 * The smallest program and the largest, under each system by its first variant that served a program, and by the one that a
 * store has by itself.
 * @param {Measurement} measurement @param {string[]} systems
 */
function summaryTable(measurement, systems) {
  const sorted = [...measurement.programs].sort((one, other) => one.modules - other.modules);
  const programs = [sorted[0], sorted[sorted.length - 1]];
  const heads = programs.map((program) => [`${nameOfProgram(program)}, ms`, 'private, kB', 'PSS, kB']);
  const rows = systems.flatMap((system) => {
    const first = `${system} ${firstMeasured(measurement.programs, system)}`;
    return [...new Set(system === 'image' ? [first, 'image partitions'] : [first])];
  });
  const cells = rows.map((name) => [
    `\`${name.replace(' ', ':')}\``,
    ...programs.flatMap((program) => shortCells(resultOf(program, name))),
    callOf(measurement, name),
  ]);
  return table(['system', ...heads.flat(), 'call, ns'], cells);
}

/** @param {readonly MeasuredProgram[]} programs @param {string} system */
function firstMeasured(programs, system) {
  const results = programs.flatMap(({ results }) => results.filter((one) => one.system === system));
  return (results.find(({ status }) => status === 'measured') ?? results[0]).variant;
}

/** @param {ReturnType<typeof resultOf>} result */
function shortCells(result) {
  if (result?.status !== 'measured') return [result?.status ?? none, none, none];
  return [digits(result.startupMs?.median), whole(result.privateKb), whole(result.pssKb)];
}

/** All variants of one system. @param {Measurement} measurement @param {string} system */
function systemTable(measurement, system) {
  const { programs } = measurement;
  const head = [
    'variant',
    'program',
    'start-up, ms',
    'times as fast',
    'private, kB',
    'mappings',
    'disk, kB',
    'bind, ms',
    'call, ns',
  ];
  const variants = programs[0].results.filter((one) => one.system === system).map(({ variant }) => variant);
  const rows = variants.flatMap((variant) =>
    programs.map((program) => {
      const result = resultOf(program, `${system} ${variant}`);
      const start = [`\`${variant}\``, nameOfProgram(program)];
      if (result?.status !== 'measured')
        return [...start, result?.status ?? none, ...Array.from({ length: 6 }, () => none)];
      const { startupMs, startupRatio, privateKb, mappings, diskKb, bindMs } = result;
      const figures = [
        interval(startupMs),
        digits(startupRatio?.median),
        whole(privateKb),
        whole(mappings),
        whole(diskKb),
        whole(bindMs),
      ];
      return [...start, ...figures, callOf(measurement, `${system} ${variant}`)];
    }),
  );
  return table(head, rows);
}

/**
 * @typedef {object} Aspect
 * @property {string} what
 * @property {(one: MeasuredResult) => Estimate | undefined} estimate
 * @property {(value: number) => string} text
 */

/** @type {readonly Aspect[]} */
const aspects = [
  { what: 'start-up, ms', estimate: ({ startupMs }) => startupMs, text: digits },
  {
    what: 'private, kB',
    estimate: (one) => ({ median: one.privateKb, ...one.spread.privateKb }),
    text: whole,
  },
  { what: 'PSS, kB', estimate: (one) => ({ median: one.pssKb, ...one.spread.pssKb }), text: whole },
  {
    what: 'disk, kB',
    estimate: ({ diskKb }) => (diskKb > 0 ? { median: diskKb, low: diskKb, high: diskKb } : undefined),
    text: whole,
  },
];

/** How the best variant of a system stands among all, by program. @param {Measurement} measurement @param {string} system */
function standingTable({ programs }, system) {
  const head = [
    'program',
    'figure',
    'best of all',
    `best of \`${system}\``,
    'clearly better',
    `\`${baseLine}\``,
  ];
  const rows = programs.flatMap((program) =>
    aspects.map((aspect) => [nameOfProgram(program), aspect.what, ...standingOf(program, system, aspect)]),
  );
  return table(head, rows);
}

/**
 * What others are clearly better: those whose whole interval lies below.
 * @param {MeasuredProgram} program @param {string} system @param {Aspect} aspect
 */
function standingOf(program, system, { estimate, text }) {
  const median = (/** @type {MeasuredResult} */ one) => estimate(one)?.median ?? Infinity;
  const sorted = measuredOf(program)
    .filter(estimate)
    .sort((one, other) => median(one) - median(other));
  const own = sorted.find((one) => one.system === system);
  const base = sorted.find((one) => `${one.system} ${one.variant}` === baseLine);
  const say = (/** @type {MeasuredResult | undefined} */ one) =>
    one ? `${text(median(one))} \`${one.system}:${one.variant}\`` : none;
  const better = own && sorted.filter((one) => estimate(one).high < estimate(own).low).length;
  const count = better === undefined ? none : `${better} of ${sorted.length - 1}`;
  return [say(sorted[0]), say(own), count, base ? text(median(base)) : none];
}

/** The five solutions: how much code each needs, and what it costs the largest program. @param {Measurement} measurement @param {string} sources */
function simplestTable(measurement, sources) {
  const largest = [...measurement.programs].sort((one, other) => other.modules - one.modules)[0];
  const name = nameOfProgram(largest);
  const head = [
    'solution',
    'lines of its own',
    'variant',
    `${name}: start-up, ms`,
    'private, kB',
    'mappings',
    'call, ns',
  ];
  const solutions = ['image', 'offset-table', 'hash-address', 'hash-dispatcher', 'import-page'];
  const rows = solutions.flatMap((system) =>
    measuredOf(largest)
      .filter((one) => one.system === system)
      .map((one, index) => [
        index === 0 ? `\`${system}\`` : '',
        index === 0 ? whole(linesOf(path.join(sources, system))) : '',
        `\`${one.variant}\``,
        interval(one.startupMs),
        whole(one.privateKb),
        whole(one.mappings),
        callOf(measurement, `${system} ${one.variant}`),
      ]),
  );
  return table(head, rows);
}

/** Lines of TypeScript that are neither empty nor a comment. @param {string} folder */
function linesOf(folder) {
  const texts = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'));
  return texts.flatMap((text) => text.split('\n')).filter((line) => !/^\s*(\/\*\*|\*|\/\/|$)/.test(line))
    .length;
}

/** @param {MeasuredProgram} program */
const measuredOf = ({ results }) => results.filter((one) => one.status === 'measured');

/** @param {MeasuredProgram} program @param {string} name */
const resultOf = ({ results }, name) => results.find((one) => `${one.system} ${one.variant}` === name);

/** A call through a PLT slot in steady state. @param {Measurement} measurement @param {string} name */
function callOf({ calls }, name) {
  const result = calls?.results.find((one) => `${one.system} ${one.variant}` === name);
  return result?.status === 'measured' ? digits(result.figures['direct-plt'].ns.median) : none;
}

/** @param {MeasuredProgram} program */
const nameOfProgram = (program) =>
  path.basename(program.path).replace(/[\d.]+$/, (suffix) => (suffix.includes('.') ? '' : suffix));

/** @param {MeasuredProgram} program */
const commandOf = (program) => [nameOfProgram(program), ...program.arguments].join(' ');

/** @param {number | undefined} value */
function digits(value) {
  if (value === undefined) return none;
  return value >= 100 ? whole(value) : value.toPrecision(3);
}

/** @param {number | undefined} value */
function whole(value) {
  return value === undefined ? none : Math.round(value).toLocaleString('en');
}

/** @param {Estimate | undefined} estimate */
const interval = (estimate) =>
  estimate === undefined
    ? none
    : `${digits(estimate.median)} [${digits(estimate.low)}–${digits(estimate.high)}]`;

/** @param {string[]} head @param {string[][]} rows @param {string} [rule] of all columns but the first */
function table(head, rows, rule = '--:') {
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : rule)), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
