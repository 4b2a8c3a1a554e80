/**
 * What was measured of the note's sentences: cells of the table of docs/claims.md, by the number of their row. Each is a function of the
 * reports, and says itself whether the row's verdict still holds: `holds` throws where it does not, so that a new report cannot leave
 * an old verdict beside it.
 */
import { significantDigits } from '../../dist/src/report/format.js';

/** @typedef {import('../../dist/src/measure/measurement.js').Measurement} Measurement */
/** @typedef {import('../../dist/src/measure/measurement.js').MeasuredResult} MeasuredResult */
/** @typedef {import('../../dist/src/measure/scale-measurement.js').ScaleMeasurement} ScaleMeasurement */
/** @typedef {{ everyday: Measurement, cold: Measurement, scale: ScaleMeasurement }} Reports */

const many = 1000;
const kb = (/** @type {number} */ value) => Math.round(value).toLocaleString('en');

/** `python3` of /usr/bin/python3.11. @param {string} file */
const nameOf = (file) => file.slice(file.lastIndexOf('/') + 1).replace(/\.\d+$/, '');

/** @param {boolean} condition @param {string} verdict */
function holds(condition, verdict) {
  if (!condition) throw new Error(`docs/claims.md: the reports do not say any more that ${verdict}`);
}

/** @param {Measurement} measurement @param {string} program @param {string} name @returns {MeasuredResult} */
function resultOf({ programs }, program, name) {
  const results = programs.find((one) => one.path.includes(`/${program}`))?.results ?? [];
  const found = results.find((one) => `${one.system}:${one.variant}` === name);
  if (found?.status !== 'measured') throw new Error(`the report has no ${name} of ${program}`);
  return found;
}

/** The median of a start, ms. @param {Measurement} measurement @param {string} program @param {string} name */
const startOf = (measurement, program, name) => resultOf(measurement, program, name).startupMs;

/** ns of a call. @param {Reports} reports @param {string} name */
function callOf({ everyday }, name) {
  const found = everyday.calls.results.find((one) => `${one.system}:${one.variant}` === name);
  return found.figures['direct-plt'].ns.median;
}

/** Of the program of 1,000 libraries. @param {Reports} reports @param {string} name @param {string} figure */
function growthOf({ scale }, name, figure) {
  const series = scale.series.find(
    (one) => one.axis === 'modules' && `${one.system}:${one.variant}` === name,
  );
  const point = series?.points.find(({ at }) => at === many);
  if (point?.status !== 'measured') throw new Error(`the growth has no ${name} of ${many} modules`);
  return point.figures[figure].median;
}

/** What the largest program of the report costs. @param {Reports} reports @param {string} name */
function largest({ everyday }, name) {
  const { startupMs, privateKb, mappings } = resultOf(everyday, 'ffmpeg', name);
  return `ffmpeg: ${significantDigits(startupMs.median)} ms, ${kb(privateKb)} kB private, ${kb(mappings)} mappings`;
}

/** The use of the dispatcher's entries in each program. @param {Reports} reports */
function entriesOf({ everyday }) {
  return everyday.programs.map(({ path }) => {
    const name = nameOf(path);
    return { name, ...resultOf(everyday, name, 'hash-dispatcher:movable').entries };
  });
}

/** A part of something for each program. @param {Reports} reports @param {(entries: ReturnType<typeof entriesOf>[number]) => string} text */
const byProgram = (reports, text) =>
  entriesOf(reports)
    .map((one) => `${one.name} ${text(one)}`)
    .join(', ');

/** @type {ReadonlyMap<number, (reports: Reports) => string>} */
export const measuredOfSentences = new Map([
  [1, (reports) => largest(reports, 'got-plt:lazy')],
  [2, (reports) => largest(reports, 'prelink:files')],
  [
    3,
    (reports) =>
      `${largest(reports, 'rebase-startup:collision')}; where all moves: ${largest(reports, 'rebase-startup:slide')}; \`test/systems/rebase-startup.test.ts\`: taken ranges, small windows`,
  ],
  [
    4,
    (reports) =>
      `${largest(reports, 'rebase-page-in:whole')}; \`test/pagein/places.test.ts\`: a taken range leads to the second place`,
  ],
  [
    5,
    (reports) =>
      `${largest(reports, 'fixed:files')}; \`test/contract/collisions.test.ts\`: the error names module, range and holder`,
  ],
  [6, (reports) => largest(reports, 'install:files')],
  [7, seven],
  [9, nine],
  [11, eleven],
  [14, fourteen],
  [17, seventeen],
  [19, nineteen],
  [
    20,
    (reports) =>
      `\`test/systems/hash-address.test.ts\`: a name gives the address, in every bind; ${largest(reports, 'hash-address:global')}`,
  ],
  [27, twentySeven],
  [
    31,
    (reports) =>
      `names hashed again: ${byProgram(reports, ({ againInModule, functions }) => `${kb(againInModule)} (${kb(functions)} functions)`)}`,
  ],
  [
    32,
    (reports) =>
      `names hashed again: ${byProgram(reports, ({ againForDependencies }) => kb(againForDependencies))}`,
  ],
  [
    33,
    (reports) =>
      `entries told apart so: ${byProgram(reports, ({ toldApart, used }) => `${kb(toldApart)} of ${kb(used)}`)}; \`test/systems/hash-dispatcher.test.ts\`: between two libraries; \`test/systems/resolvers.test.ts\``,
  ],
  [35, thirtyFive],
  [41, fortyOne],
  [42, fortyTwo],
  [43, fortyThree],
  [44, fortyFour],
  [45, fortyFive],
  [46, fortySix],
  [50, fifty],
]);

/** @param {Reports} reports */
function seven(reports) {
  const [jump, trap, plt] = ['dispatcher:jump', 'dispatcher:trap', 'got-plt:lazy'].map((name) =>
    callOf(reports, name),
  );
  holds(trap > 100 * plt, 'a call by an exception costs two passages through the kernel');
  return `${largest(reports, 'dispatcher:jump')}; a call: ${significantDigits(jump)} ns by a jump, ${significantDigits(trap)} by an exception, ${significantDigits(plt)} under \`got-plt\``;
}

/** @param {Reports} reports */
function nine(reports) {
  const of = growthOf(reports, 'image:partitions', 'mappings');
  const stock = growthOf(reports, 'got-plt:lazy', 'mappings');
  holds(of < stock / 4, 'an image has few mappings');
  return `\`image:partitions\`, ${kb(many)} modules: ${kb(of)} mappings; under ld.so ${kb(stock)}. curl, 33 modules: 70 under \`image:merged\`, 68 are the fewest; 1 without protections (\`node bench/mappings.mjs\`)`;
}

/** @param {Reports} reports */
function eleven(reports) {
  const [update, bind] = ['updateMs', 'bindMs'].map((figure) =>
    growthOf(reports, 'image:partitions', figure),
  );
  const of = `${kb(many)} modules, one of them changed: update ${significantDigits(update)} ms, bind ${significantDigits(bind)}`;
  return `${of}; \`test/store/update.test.ts\`: only its programs are captured again`;
}

/** @param {Reports} reports */
function fourteen(reports) {
  const [own, stock] = ['offset-table:mask', 'got-plt:lazy'].map((name) => [
    growthOf(reports, name, 'mappings'),
    growthOf(reports, name, 'privateKb'),
  ]);
  holds(own[0] < stock[0] / 2 && own[1] < stock[1] / 2, 'solution 2 has fewer mappings and private pages');
  return `${kb(many)} modules: ${kb(own[0])} mappings, ${kb(own[1])} kB private; under ld.so ${kb(stock[0])}, ${kb(stock[1])}. \`test/systems/mappings.test.ts\``;
}

/** @param {Reports} reports */
function seventeen({ everyday }) {
  const texts = everyday.programs.map(({ path }) => {
    const { startupMs } = resultOf(everyday, nameOf(path), 'offset-table:literal');
    return `${nameOf(path)} ${significantDigits(startupMs.median)}`;
  });
  return `\`offset-table:literal\`, start-up, ms: ${texts.join(', ')}; \`test/systems/several-bases.test.ts\`: processes at two bases, a store at three`;
}

/** @param {Reports} reports */
function nineteen(reports) {
  const variants = ['mask', 'window', 'segment', 'global'];
  const ns = variants.map((id) => callOf(reports, `offset-table:${id}`));
  holds(Math.max(...ns.slice(1)) < ns[0], 'computing the base costs more than the others');
  const texts = variants.map((id, index) => `\`${id}\` ${significantDigits(ns[index])}`);
  return `a call, ns: ${texts.join(', ')}; \`got-plt\` ${significantDigits(callOf(reports, 'got-plt:lazy'))}`;
}

/** @param {Reports} reports */
function twentySeven(reports) {
  const parts = entriesOf(reports).map(({ toldApart, used }) => toldApart / used);
  holds(parts.at(-1) > Math.max(...parts.slice(0, -1)), 'what has to be told apart grows with the modules');
  return `of the entries used: ${byProgram(reports, ({ toldApart, used }) => `${((100 * toldApart) / used).toFixed(1)} %`)}`;
}

/** @param {Reports} reports */
function thirtyFive(reports) {
  for (const { used, functions } of entriesOf(reports))
    holds(Math.abs(used / functions - 1) < 0.25, 'entries are roughly the unique imports');
  return `entries, different functions: ${byProgram(reports, ({ used, functions }) => `${kb(used)}, ${kb(functions)}`).replaceAll(/, (?=[a-z])/g, '; ')}`;
}

/** @param {Reports} reports */
function fortyOne(reports) {
  const [own, plt] = ['import-page:shared', 'got-plt:lazy'].map((name) => callOf(reports, name));
  holds(own < 1.1 * plt, 'a call through a page of imports costs what the PLT’s does');
  return `\`test/systems/constant-addresses.test.ts\`; a call: ${significantDigits(own)} ns, ${significantDigits(plt)} under \`got-plt\``;
}

/** @param {Reports} reports */
function fortyTwo(reports) {
  const [own, other] = ['import-page:start-up', 'image:partitions'].map((name) =>
    growthOf(reports, name, 'privateKb'),
  );
  holds((own - other) / 4 >= many / 2, 'each module that imports has a private page');
  const ffmpeg = kb(resultOf(reports.everyday, 'ffmpeg', 'import-page:start-up').privateKb);
  const shared = kb(resultOf(reports.everyday, 'ffmpeg', 'import-page:shared').privateKb);
  return `${kb(many)} modules of which half import: ${kb(own)} kB, ${kb(other)} under \`image:partitions\`; ffmpeg ${ffmpeg} kB, ${shared} under \`shared\``;
}

/** @param {Reports} reports @param {string} variant */
const mappingsOf = ({ everyday }, variant) => resultOf(everyday, 'ffmpeg', `import-page:${variant}`).mappings;

/** @param {Reports} reports */
function fortyThree(reports) {
  const [cache, shared] = ['cache', 'shared'].map((variant) => mappingsOf(reports, variant));
  holds(cache > shared + 100, 'a cache takes a mapping for each module that imports');
  return `ffmpeg, 215 modules: ${kb(cache)} mappings under \`cache\`, ${kb(shared)} where the pages are the module's own`;
}

/** @param {Reports} reports */
function fortyFour({ cold }) {
  const variants = ['start-up', 'cache', 'end', 'shared'];
  const texts = cold.programs.map(({ path }) => {
    const name = nameOf(path);
    const ms = variants.map((variant) => startOf(cold, name, `import-page:${variant}`));
    const overlap = Math.max(...ms.map(({ low }) => low)) <= Math.min(...ms.map(({ high }) => high));
    holds(overlap, 'files of caches cost a cold start nothing that can be told');
    return `${name} ${ms.map(({ median, low, high }) => `${significantDigits(median)} [${significantDigits(low)}–${significantDigits(high)}]`).join(', ')}`;
  });
  return `nothing in memory (\`compare --cold\`), ms under ${variants.map((id) => `\`${id}\``).join(', ')}: ${texts.join('; ')}`;
}

/** @param {Reports} reports */
function fortyFive(reports) {
  const [end, cache, shared] = ['end', 'cache', 'shared'].map((variant) => mappingsOf(reports, variant));
  holds(end > shared, 'a cache at the end adds mappings to modules with writable pages');
  return `ffmpeg: ${kb(end)} mappings under \`end\`, ${kb(cache)} under \`cache\`, ${kb(shared)} under \`shared\``;
}

/** @param {Reports} reports */
function fortySix(reports) {
  const [shared, image] = ['import-page:shared', 'image:partitions'].map((name) =>
    resultOf(reports.everyday, 'ffmpeg', name),
  );
  holds(shared.privateKb < 1.05 * image.privateKb, 'shared pages of imports cost no private memory');
  return `${largest(reports, 'import-page:shared')}; \`image:partitions\`: ${kb(image.privateKb)} kB, ${kb(image.mappings)}`;
}

/** @param {Reports} reports */
function fifty({ everyday }) {
  const texts = everyday.programs.map(({ path, results }) => {
    const measured = results.filter(({ status }) => status === 'measured');
    const smallest = (/** @type {MeasuredResult[]} */ some) => Math.min(...some.map(({ pssKb }) => pssKb));
    const own = smallest(measured.filter(({ system }) => system === 'rebase-page-in'));
    const name = nameOf(path);
    holds(own < 1.05 * smallest(measured), 'in shared memory nothing is better by more than 5 %');
    return `${name} ${kb(own)} (best of all ${kb(smallest(measured))})`;
  });
  return `PSS of its best variant, kB: ${texts.join(', ')}; the rest [below](#number-4-is-the-best-option)`;
}
