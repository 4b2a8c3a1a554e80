/**
 * The tables that documents take from the reports, as Markdown. Each is a function of a measurement (the JSON of `compare`,
 * docs/formats/measurement.md), the systems, and the folder of their sources.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  callFigure,
  frameFigures,
  headOf,
  intervalText,
  programFigures,
  shownFigures,
  startAndMemory,
  zramFigures,
} from '../../dist/src/report/figures.js';
import { distanceTable, jumpTable } from '../../dist/src/report/call-distances.js';
import { entryTable, libraryCollisions } from '../../dist/src/report/program-models.js';

/** @typedef {import('../../dist/src/measure/measurement.js').Measurement} Measurement */
/** @typedef {import('../../dist/src/measure/measurement.js').MeasuredResult} MeasuredResult */
/** @typedef {import('../../dist/src/measure/measurement.js').MeasuredProgram} MeasuredProgram */
/** @typedef {import('../../dist/src/report/figures.js').Figure<MeasuredResult>} Figure */
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
    ['figures', fieldTable(startAndMemory)],
    ['zram-fields', fieldTable(zramFigures)],
    ['frames', fieldTable(frameFigures)],
    ['summary', summaryTable(measurement, ids)],
    ['number-4', standingTable(measurement, 'rebase-page-in')],
    ['number-4-zram', zramWords(measurement, 'rebase-page-in')],
    ['simplest', simplestTable(measurement, sources)],
    ['pointers', pointerTable(measurement)],
    ['distances', plainTable(distanceTable(measurement.calls))],
    ['jumps', plainTable(jumpTable(measurement.calls))],
    ['entries', plainTable(entryTable(measurement))],
    ['libraries', plainTable(libraryCollisions(measurement))],
    ...ids.map((id) => [id, systemTable(measurement, id)]),
  ]);
}

/**
 * Starts of which nothing was in memory: a row a variant, a column a program.
 * @param {Measurement} measurement
 */
export function coldTable({ programs }) {
  const [start] = figuresOf('startupMs');
  const [ratio] = figuresOf('startupRatio');
  const variants = programs[0].results.map(({ system, variant }) => `${system} ${variant}`);
  const cell = (/** @type {ReturnType<typeof resultOf>} */ result) =>
    result?.status === 'measured'
      ? `${cellsOf(result, [start], ['startupMs'])[0]}: ${cellOf(result, ratio)}`
      : none;
  const rows = variants.map((name) => [
    `\`${name.replace(' ', ':')}\``,
    ...programs.map((program) => cell(resultOf(program, name))),
  ]);
  return table(['cold start-up, ms: times as fast', ...programs.map(nameOfProgram)], rows);
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
 * The smallest program and the largest, under each system by its first variant that served a program, and by the one that starts
 * fastest.
 * @param {Measurement} measurement @param {string[]} systems
 */
function summaryTable(measurement, systems) {
  const sorted = [...measurement.programs].sort((one, other) => one.modules - other.modules);
  const programs = [sorted[0], sorted[sorted.length - 1]];
  const figures = figuresOf('startupMs', 'privateKb', 'pssKb');
  const call = callFigure(measurement);
  const heads = programs.map((program) => [
    `${nameOfProgram(program)}, ms`,
    ...figures.slice(1).map((figure) => headOf(figure)),
  ]);
  const rows = systems.flatMap((system) => {
    const first = `${system} ${firstMeasured(measurement.programs, system)}`;
    return [...new Set(system === 'image' ? [first, 'image merged'] : [first])];
  });
  const cells = rows.map((name) => [
    `\`${name.replace(' ', ':')}\``,
    ...programs.flatMap((program) => cellsOf(resultOf(program, name), figures)),
    cellOf(resultOf(programs[0], name), call),
  ]);
  return table(['system', ...heads.flat(), headOf(call)], cells);
}

/** @param {readonly MeasuredProgram[]} programs @param {string} system */
function firstMeasured(programs, system) {
  const results = programs.flatMap(({ results }) => results.filter((one) => one.system === system));
  return (results.find(({ status }) => status === 'measured') ?? results[0]).variant;
}

/** All variants of one system. @param {Measurement} measurement @param {string} system */
function systemTable(measurement, system) {
  const { programs } = measurement;
  const figures = [
    ...figuresOf('startupMs', 'startupRatio', 'privateKb', 'pssKb', 'mappings', 'diskKb', 'bindMs'),
    callFigure(measurement),
  ];
  const variants = programs[0].results.filter((one) => one.system === system).map(({ variant }) => variant);
  const rows = variants.flatMap((variant) =>
    programs.map((program) => [
      `\`${variant}\``,
      nameOfProgram(program),
      ...cellsOf(resultOf(program, `${system} ${variant}`), figures, ['startupMs']),
    ]),
  );
  const reasons = programs.flatMap((program) =>
    program.results
      .filter((one) => one.system === system)
      .flatMap((one) => reasonOf(one, `\`${one.variant}\`, ${nameOfProgram(program)}`)),
  );
  const shown = table(['variant', 'program', ...figures.map((figure) => headOf(figure))], rows);
  return [shown, ...(reasons.length > 0 ? [reasons.map((reason) => `- ${reason}`).join('\n')] : [])].join(
    '\n\n',
  );
}

/** Why a result has no figures. @param {import('../../dist/src/measure/measurement.js').Result} result @param {string} of */
function reasonOf(result, of) {
  if (result.status === 'measured') return [];
  return [`${of} ${result.status}: ${result.reason.replaceAll(/[|*_\\`<>]/g, '\\$&')}`];
}

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
  const ids = ['startupMs', 'privateKb', 'compressedKb', 'readBackMs', 'pssKb', 'diskKb'];
  const results = programs.flatMap((program) => program.results);
  const figures = shownFigures(figuresOf(...ids), results);
  const rows = programs.flatMap((program) =>
    figures.map((figure) => [nameOfProgram(program), headOf(figure), ...standingOf(program, system, figure)]),
  );
  return table(head, rows);
}

/**
 * What others are clearly better: those whose whole interval lies below. Those without files are in no order by disk.
 * @param {MeasuredProgram} program @param {string} system @param {Figure} figure
 */
function standingOf(program, system, { value, interval, text }) {
  const median = (/** @type {MeasuredResult} */ one) => value(one) || Infinity;
  const ends = (/** @type {MeasuredResult} */ one) =>
    interval?.(one) ?? { low: median(one), high: median(one) };
  const sorted = measuredOf(program)
    .filter((one) => value(one))
    .sort((one, other) => median(one) - median(other));
  const own = sorted.find((one) => one.system === system);
  const base = sorted.find((one) => `${one.system} ${one.variant}` === baseLine);
  const say = (/** @type {MeasuredResult | undefined} */ one) =>
    one ? `${text(median(one))} \`${one.system}:${one.variant}\`` : none;
  const better = own && sorted.filter((one) => ends(one).high < ends(own).low).length;
  const count = better === undefined ? none : `${better} of ${sorted.length - 1}`;
  return [say(sorted[0]), say(own), count, base ? text(median(base)) : none];
}

/**
 * What compressed swap makes of what is private, under the base line and under the best of a system.
 * @param {Measurement} measurement @param {string} system
 */
function zramWords({ programs }, system) {
  const all = programs.flatMap((program) => {
    const measured = measuredOf(program).filter(({ zram }) => zram !== undefined);
    const base = measured.find((one) => `${one.system} ${one.variant}` === baseLine);
    const [own] = measured
      .filter((one) => one.system === system)
      .sort((one, other) => one.zram.compressedKb - other.zram.compressedKb);
    return base && own ? [{ base, own }] : [];
  });
  if (all.length === 0) return 'This report was made where there is no zram.';
  const percent = (/** @type {(pair: typeof all[number]) => number} */ of) => rangeOf(all.map(of), 100, ' %');
  /** @param {'base' | 'own'} which */
  const left = (which) => percent(({ [which]: { zram, privateKb } }) => zram.compressedKb / privateKb);
  /** @param {'base' | 'own'} which */
  const micros = (which) =>
    rangeOf(
      all.map(({ [which]: { zram } }) => zram.readBackMs.median / (zram.pagedOutKb / 4)),
      1000,
      ' µs',
    );
  const part = percent(({ base, own }) => own.zram.compressedKb / base.zram.compressedKb);
  const unpacked = percent(({ base, own }) => own.privateKb / base.privateKb);
  return wrap(
    `In zram the private memory of a process takes ${left('base')} of what it took under \`${baseLine}\`, and ${left('own')} under \`${system}\`. Under \`${system}\` a process has ${unpacked} of the base line's private memory without zram, and takes ${part} of the base line's with it. To read a page back takes ${micros('base')} of the processor under \`${baseLine}\`, ${micros('own')} under \`${system}\`.`,
  );
}

/** `3–5 %`. @param {number[]} values @param {number} scale @param {string} unit */
function rangeOf(values, scale, unit) {
  const ends = [Math.min(...values), Math.max(...values)].map((value) =>
    (value * scale).toFixed(scale === 100 ? 0 : 1),
  );
  return [...new Set(ends)].join('–') + unit;
}

/** The five solutions: how much code each needs, and what it costs the largest program. @param {Measurement} measurement @param {string} sources */
function simplestTable(measurement, sources) {
  const largest = [...measurement.programs].sort((one, other) => other.modules - one.modules)[0];
  const name = nameOfProgram(largest);
  const figures = [...figuresOf('startupMs', 'privateKb', 'mappings'), callFigure(measurement)];
  const heads = figures.map((figure, index) => (index === 0 ? `${name}: ` : '') + headOf(figure));
  const solutions = ['image', 'offset-table', 'hash-address', 'hash-dispatcher', 'import-page'];
  const rows = solutions.flatMap((system) =>
    measuredOf(largest)
      .filter((one) => one.system === system)
      .map((one, index) => [
        index === 0 ? `\`${system}\`` : '',
        index === 0 ? String(linesOf(path.join(sources, system))) : '',
        `\`${one.variant}\``,
        ...cellsOf(one, figures, ['startupMs']),
      ]),
  );
  return table(['solution', 'lines of its own', 'variant', ...heads], rows);
}

/** How long a call through a pointer takes, against the base line's interval. @param {Measurement} measurement */
function pointerTable({ calls }) {
  const measured = calls.results.flatMap(({ system, variant, figures }) =>
    figures ? [{ name: `${system} ${variant}`, ns: figures.pointer.ns }] : [],
  );
  const base = measured.find(({ name }) => name === baseLine).ns;
  /** @param {{ low: number, high: number }} ns */
  const kindOf = ({ low, high }) =>
    low > base.high ? 'longer' : high < base.low ? 'shorter' : 'cannot be told apart';
  const rows = ['cannot be told apart', 'longer', 'shorter'].flatMap((kind) => {
    const some = measured.filter(({ ns }) => kindOf(ns) === kind);
    const medians = some.map(({ ns }) => ns.median.toFixed(2)).sort();
    const ends = [...new Set([medians[0], medians.at(-1)])].join('–');
    const names = some.map(({ name }) => `\`${name.replace(' ', ':')}\``).join(', ');
    return some.length === 0 ? [] : [[kind, ends, some.length > 6 ? `${some.length} variants` : names]];
  });
  return table([`against \`${baseLine.replace(' ', ':')}\``, 'medians, ns', 'variants'], rows);
}

/**
 * A table of the report as it is there.
 * @param {import('../../dist/src/report/program-models.js').PlainTable | undefined} found
 */
function plainTable(found) {
  if (found === undefined) return 'This report was made before it was looked at.';
  return table(
    [...found.head],
    found.rows.map((cells) => [...cells]),
  );
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

/** @param {string[]} ids */
const figuresOf = (...ids) => programFigures.filter(({ id }) => ids.includes(id));

/**
 * A cell a figure, with its interval for those that `detailed` names; the status of what was not measured in the first.
 * @param {ReturnType<typeof resultOf>} result @param {readonly Figure[]} figures @param {readonly string[]} [detailed]
 */
function cellsOf(result, figures, detailed = []) {
  if (result?.status !== 'measured')
    return figures.map((_, index) => (index === 0 && result?.status) || none);
  return figures.map((figure) => {
    const interval = detailed.includes(figure.id) && intervalText(figure, result);
    return cellOf(result, figure) + (interval ? ` [${interval}]` : '');
  });
}

/** @param {ReturnType<typeof resultOf>} result @param {Figure} figure */
function cellOf(result, { value, text }) {
  const found = result?.status === 'measured' ? value(result) : undefined;
  return found === undefined ? none : text(found);
}

/** What a page of docs/formats says of fields that are figures. @param {readonly import('../../dist/src/report/figures.js').Figure<never>[]} figures */
function fieldTable(figures) {
  const rows = figures.map((figure) => {
    const type = figure.isEstimate ? 'Estimate' : 'number';
    const absent = figure.absent === undefined ? '' : `, absent ${figure.absent}`;
    return [`\`${figure.id}\``, type + absent, figure.unit || '1', figure.heading, figure.meaning];
  });
  return table(['field', 'type', 'unit', 'in tables', 'how it is measured'], rows, '---');
}

/** @param {MeasuredProgram} program */
const nameOfProgram = (program) =>
  path.basename(program.path).replace(/[\d.]+$/, (suffix) => (suffix.includes('.') ? '' : suffix));

/** @param {MeasuredProgram} program */
const commandOf = (program) => [nameOfProgram(program), ...program.arguments].join(' ');

/** @param {string[]} head @param {string[][]} rows @param {string} [rule] of all columns but the first */
function table(head, rows, rule = '--:') {
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : rule)), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
