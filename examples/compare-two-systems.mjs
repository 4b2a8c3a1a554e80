/**
 * Compares two systems on a program, and says which one wins:
 *
 *   node examples/compare-two-systems.mjs [FIRST SECOND PROGRAM [ARG…]]
 *
 * Systems are named as on the command line: `image`, `got-plt:now`. Without arguments: the platform's dynamic linker against one
 * image, on `git --version`.
 */
import { basename } from 'node:path';
import { chooseSystem, comparePrograms, LinkonceError } from 'linkonce';

const usual = ['got-plt:lazy', 'image:single', 'git', '--version'];
const [first = '', second = '', name = '', ...args] = process.argv.length > 2 ? process.argv.slice(2) : usual;

/** Measures both systems, interleaved. Throws LinkonceError where one of them cannot serve the program. */
async function measureBoth() {
  const { programs } = await comparePrograms([{ name, args, processes: 4 }], {
    choices: [chooseSystem(first), chooseSystem(second)],
    runs: 40,
    moment: 'exit',
  });
  const [program] = programs;
  if (program === undefined) throw new Error('a comparison without its program');
  return program.results.map((result) => {
    if (result.status === 'measured') return result;
    throw new LinkonceError(`${result.system} ${result.variant} ${result.status}: ${result.reason}`);
  });
}

/** @param {import('linkonce').MeasuredResult} result */
function describe({ system, variant, startupMs, privateKb }) {
  const time = startupMs === undefined ? 'not timed' : `${startupMs.median.toFixed(2)} ms`;
  const interval =
    startupMs === undefined ? '' : ` [${startupMs.low.toFixed(2)}–${startupMs.high.toFixed(2)}]`;
  return `${system}:${variant}: start-up ${time}${interval}, private memory ${privateKb} kB`;
}

/**
 * Which one needs less. Intervals of 95 % that overlap decide nothing.
 *
 * @param {string} what
 * @param {readonly import('linkonce').MeasuredResult[]} results
 * @param {(result: import('linkonce').MeasuredResult) => { readonly low: number, readonly high: number } | undefined} figure
 */
function judge(what, results, figure) {
  const [better, worse] = [...results].sort((a, b) => (figure(a)?.low ?? 0) - (figure(b)?.low ?? 0));
  const [low, high] = [better && figure(better), worse && figure(worse)];
  if (better === undefined || low === undefined || high === undefined || low.high >= high.low)
    return `${what}: no difference that these runs could show`;
  return `${what}: ${better.system}:${better.variant} wins`;
}

try {
  const results = await measureBoth();
  console.log([basename(name), ...args].join(' '));
  for (const result of results) console.log(describe(result));
  console.log(judge('start-up', results, ({ startupMs }) => startupMs));
  console.log(judge('private memory', results, ({ spread }) => spread.privateKb));
} catch (error) {
  if (!(error instanceof LinkonceError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
