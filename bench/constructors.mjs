/**
 * What it could be worth to capture a program's memory after its modules' constructors in place of before: how many constructors, in the
 * order in which ld.so calls them, do what is the same in every process, what ends that prefix, and which share of a bound start's time up
 * to main, and of its private memory, the prefix has. A process that began behind the prefix would save that at most: what restoring
 * the heap and asking again costs is not counted. Prints a line a program, then a table by cause. docs/constructed.md says what follows.
 *
 *     node bench/constructors.mjs [--count N] [--rounds N] [--all] [--json FILE] [PROGRAM…]
 *     node bench/constructors.mjs --kinds [KIND…]
 *
 * Without PROGRAM: `--count` of the dynamic programs of /usr/bin (300), evenly spaced by name. `--all`: goes on behind the end of the
 * prefix, to tell all that constructors do. `--kinds`: libraries
 * of constructor-kinds.c, each with a constructor that does one thing. Reads the built tool: first `npm run build`. Nothing comes to main: arguments do not matter.
 */
import { Buffer } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { decodePlan } from '../dist/src/image/plan.js';
import { actions, planOffset } from '../dist/src/image/plan-layout.js';
import { symbolName } from '../dist/src/elf/symbol-name.js';
import { loadProgram } from '../dist/src/program/load-program.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '300' },
    rounds: { type: 'string', default: '21' },
    all: { type: 'boolean', default: false },
    kinds: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const tool = new URL('../dist/src/cli/main.js', import.meta.url).pathname;
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-constructors-'));
const follower = path.join(folder, 'constructors');
const launcher = path.join(folder, 'launcher');
execFileSync('cc', ['-O2', '-o', follower, new URL('constructors.c', import.meta.url).pathname]);

/** A program's modules; undefined where it is none of glibc's dynamic programs. */
function load(file) {
  try {
    const program = loadProgram(file);
    return program.libc === 'glibc' && program.modules.length > 1 ? program : undefined;
  } catch {
    return undefined;
  }
}

function sample(count) {
  const names = readdirSync('/usr/bin').sort();
  const files = [...new Set(names.map((name) => path.join('/usr/bin', name)).filter(existsSync))];
  const distinct = [...new Map(files.map((file) => [realpathSync(file), file])).values()];
  const dynamic = distinct.filter((file) => load(file) !== undefined);
  const step = Math.max(1, dynamic.length / count);
  return Array.from({ length: Math.min(count, dynamic.length) }, (_, i) => dynamic[Math.floor(i * step)]);
}

function pathOf(name) {
  const places = ['/usr/bin', '/usr/sbin', '/usr/lib/libreoffice/program'];
  return name.includes('/')
    ? name
    : (places.map((each) => path.join(each, name)).find(existsSync) ?? `/usr/bin/${name}`);
}

function readPlan() {
  const image = `${launcher}.image`;
  const file = openSync(image, 'r');
  const bytes = Buffer.alloc(32 * 1024 * 1024);
  const length = readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  return decodePlan(bytes.subarray(planOffset, length), image);
}

function addressOf(module, name) {
  const { symbols } = module.elf;
  const index = symbols.find(symbolName(name), (each) => {
    const { sectionIndex, version } = symbols.at(each);
    return sectionIndex !== 0 && version?.hidden !== true;
  });
  if (index === 0) throw new Error(`${module.path} has no ${name}`);
  return BigInt(symbols.at(index).value);
}

/** In the order in which constructors.c has them. */
function addresses(program) {
  const { header, rows } = readPlan();
  const registered = rows('actions').find(({ operation }) => operation === BigInt(actions.registerRseq));
  const libc = program.modules.find(({ name }) => name === 'libc.so.6');
  const debug = header.linker_base + addressOf(program.interpreter, '_r_debug');
  const inImage = [header.handoff, header.rax, debug, registered?.value ?? 0n].map((each) =>
    each.toString(16),
  );
  const functions = ['getenv', 'secure_getenv', 'getauxval', '__libc_start_main'];
  return [...inImage, 'libc.so.6', ...functions.map((name) => addressOf(libc, name).toString(16))];
}

function follow(file) {
  const program = load(file);
  if (program === undefined) return { problem: 'is no dynamic program of glibc' };
  const bound = spawnSync(process.execPath, [tool, 'bind', file, '-o', launcher], { encoding: 'utf8' });
  if (bound.status !== 0) return { problem: bound.stderr.trim().split('\n')[0] };
  const job = [launcher, options.rounds, options.all ? '0' : '1', ...addresses(program), file];
  const limits = { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 900_000 };
  const { status, signal, stdout, stderr } = spawnSync(follower, job, limits);
  rmSync(launcher);
  rmSync(`${launcher}.image`);
  if (status !== 0) return { problem: stderr.trim() || `ended by ${signal}` };
  return JSON.parse(stdout);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** µs. What a stop costs is measured beside, and taken off. */
function times(rows) {
  const parts = rows.map(([exec, loader, stop, prefix, rest, main]) => {
    const without = (time) => Math.max(0, time - stop);
    return [exec, without(loader), without(prefix), without(rest), without(main)];
  });
  const [exec, loader, prefix, rest, main] = [0, 1, 2, 3, 4].map(
    (part) => median(parts.map((row) => row[part])) / 1000,
  );
  return { prefix, rest, toMain: exec + loader + prefix + rest + main };
}

/** Without what differs from program to program. */
function groupOf(cause) {
  if (cause === '') return 'none: all of them are in the prefix';
  return cause
    .replace(/ \(.*|^getauxval.*/, '')
    .replace(/^system call (open|openat) .*/, 'opens a file')
    .replace(/^system call/, 'calls');
}

const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)} %`;

function show(file, { constructors, prefix, modules, private: memory, times: rows }) {
  const time = times(rows);
  const ended = modules[prefix];
  const program = path.basename(file);
  const saved = memory[1] - memory[0];
  const line = {
    program,
    constructors,
    prefix,
    endsIn: ended === undefined ? '' : path.basename(ended.name),
    cause: ended?.cause ?? '',
    group: groupOf(ended?.cause ?? ''),
    toMain: time.toMain,
    prefixTime: time.prefix,
    allTime: time.prefix + time.rest,
    privateKb: memory[2],
    prefixKb: saved,
    names: modules.slice(0, prefix).flatMap(({ questions }) => questions),
    cpuids: modules.slice(0, prefix).reduce((sum, each) => sum + each.cpuids, 0),
  };
  console.log(
    `${program}: ${prefix} of ${constructors} constructors; ${time.toMain.toFixed(0)} µs to main, ${percent(time.prefix, time.toMain)} in the prefix, ` +
      `${percent(line.allTime, time.toMain)} in all; ${saved} of ${memory[2]} kB private` +
      (ended ? `; ends before ${line.endsIn}: ${line.cause}` : ''),
  );
  return line;
}

function showAll(modules) {
  for (const { name, instructions, cpuids, questions, cause } of modules)
    if (questions.length > 0 || cause !== '')
      console.log(
        `    ${path.basename(name)}: ${instructions} instructions, ${cpuids} cpuid: ${[...questions, cause && `[${cause}]`].filter(Boolean).join('; ')}`,
      );
}

function table(title, keyOf, lines) {
  const groups = new Map(lines.map((line) => [keyOf(line), []]));
  for (const line of lines) groups.get(keyOf(line)).push(line);
  console.log(
    `\n${title} | programs | constructors in the prefix | time of the prefix (median, most) | ≥ 25 %`,
  );
  for (const [key, rows] of [...groups].sort(([, a], [, b]) => b.length - a.length)) {
    const share = rows.map(({ prefixTime, toMain }) => prefixTime / toMain);
    const captured = rows.reduce((sum, { prefix }) => sum + prefix, 0);
    const all = rows.reduce((sum, { constructors }) => sum + constructors, 0);
    console.log(
      `${key} | ${rows.length} | ${captured} of ${all} | ${percent(median(share), 1)}, ${percent(Math.max(...share), 1)} | ${share.filter((each) => each >= 0.25).length}`,
    );
  }
}

/** A program for each kind, named by it. */
function makeKinds() {
  const source = new URL('constructor-kinds.c', import.meta.url).pathname;
  const kinds = readFileSync(source, 'utf8').matchAll(/defined KIND_(\w+)/g);
  const nameOf = (kind) => kind.toLowerCase().replaceAll('_', '-');
  const wanted = [...kinds].map(([, kind]) => kind);
  const isAsked = (kind) => positionals.length === 0 || positionals.includes(nameOf(kind));
  return wanted.filter(isAsked).map((kind) => {
    const name = nameOf(kind);
    const library = path.join(folder, `lib${name}.so`);
    const program = path.join(folder, name);
    const common = ['-O1', '-w', '-mrdrnd', source];
    execFileSync('cc', [...common, `-DKIND_${kind}`, '-shared', '-fPIC', '-o', library]);
    execFileSync('cc', [
      ...common,
      `-DKIND_${kind}`,
      '-DPROGRAM',
      '-o',
      program,
      library,
      `-Wl,-rpath,${folder}`,
    ]);
    return program;
  });
}

function chosen() {
  if (options.kinds) return makeKinds();
  return positionals.length > 0 ? positionals.map(pathOf) : sample(Number(options.count));
}

const files = chosen();
const lines = [];
for (const file of files) {
  const result = follow(file);
  if (result.problem !== undefined) {
    console.log(`${path.basename(file)}: left out: ${result.problem}`);
    continue;
  }
  const line = show(file, result);
  if (options.all) showAll(result.modules);
  lines.push(line);
  if (options.json) appendFileSync(options.json, `${JSON.stringify(line)}\n`);
}
if (lines.length > 1) {
  table('what ends the prefix', ({ group }) => group, lines);
  table(
    'before which module',
    ({ endsIn }) => endsIn || 'none',
    lines.filter(({ endsIn }) => endsIn !== ''),
  );
}
rmSync(folder, { recursive: true });
