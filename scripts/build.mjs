/**
 * Builds what is missing or stale: TypeScript by tsc into dist/, the C of native/ by cc into build/native/, the report's
 * page by esbuild. Says nothing when all is well; ends with the compiler's message and status 1 when it is not.
 */
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importBuffers } from './lib/declarations.mjs';
import { BuildError, compile, lock, runIfStale } from './lib/steps.mjs';

/** Hosted C: programs of their own, which the lab starts. */
const hostedFlags = ['-O2', '-Wall', '-Wextra', '-Werror'];

/**
 * Freestanding C: no library, no relocation, no unwind table; its own linker script. `-fno-builtin` would also hide
 * that gcc calls memcpy and memset by itself: the loader has its own. A start pays for each page of it, hardly for its instructions.
 */
const loaderFlags = [
  ...hostedFlags,
  '-Os',
  ...['-std=gnu11', '-ffreestanding', '-fPIE', '-fvisibility=hidden', '-fno-stack-protector'],
  ...['-fno-asynchronous-unwind-tables', '-fcf-protection=none', '-mno-red-zone', '-mgeneral-regs-only'],
  ...['-nostdlib', '-static', '-Wl,--build-id=none', '-Wl,-z,noexecstack', '-Wl,-z,max-page-size=4096'],
];

/** An auditor of ld.so: a shared object that needs no other one. */
const watcherFlags = [
  ...hostedFlags,
  ...['-std=gnu11', '-ffreestanding', '-fPIC', '-fvisibility=hidden', '-fno-stack-protector'],
  ...['-nostdlib', '-shared', '-Wl,-z,noexecstack'],
];

const planHeaderModules = ['plan-header', 'plan-layout', 'reasons'].map(
  (name) => `dist/src/image/${name}.js`,
);

/** @type {import('./lib/steps.mjs').Step[]} */
const steps = [
  {
    name: 'compile',
    inputs: [
      'src',
      'tsconfig.json',
      'tsconfig.build.json',
      'package-lock.json',
      'scripts/lib/declarations.mjs',
    ],
    outputs: ['dist/src/cli/main.js'],
    run: () => {
      compile('node_modules/.bin/tsc', '-p', 'tsconfig.build.json');
      removeOrphans();
      importBuffers('dist/src');
    },
  },
  { name: 'plan-header', inputs: planHeaderModules, outputs: ['native/plan.h'], run: writePlanHeader },
  freestanding('loader'),
  freestanding('opener'),
  hosted('stopwatch', '-static', '-s'),
  hosted('starter', '-static', '-s'),
  hosted('asker', '-static', '-s'),
  hosted('zram', '-static', '-s'),
  hosted('recall', '-static', '-s'),
  hosted('enter', '-static', '-s'),
  // A package brings it to other machines: native/any-glibc.h.
  hosted('self-test', '-fPIE', '-pie', '-Wl,--wrap=__libc_start_main'),
  hosted('run', '-static', '-s'),
  hosted('linkonce-settle', '-static', '-s'),
  {
    name: 'watcher',
    inputs: ['native/watcher.c', 'scripts/build.mjs'],
    outputs: ['build/native/watcher.so'],
    run: () => compile('cc', ...watcherFlags, '-o', 'build/native/watcher.so', 'native/watcher.c'),
  },
  {
    name: 'page',
    inputs: ['src/report/page/main.ts', 'src/report/page', 'package-lock.json'],
    outputs: ['dist/report/page.js'],
    run: bundlePage,
  },
];

/** What was built of a source that is gone would be packed, and might be imported. */
function removeOrphans() {
  for (const output of readdirSync('dist/src', { recursive: true, encoding: 'utf8' })) {
    const source = output.replace(/\.(js|js\.map|d\.ts)$/, '.ts');
    if (source !== output && !existsSync(join('src', source))) rmSync(join('dist/src', output));
  }
}

/** Code without a file format around it. @param {string} name @returns {import('./lib/steps.mjs').Step} */
function freestanding(name) {
  const source = `native/${name}.c`;
  const output = `build/native/${name}.bin`;
  return {
    name,
    inputs: [source, 'native', 'scripts/build.mjs'],
    outputs: [output],
    run: () => compile('cc', ...loaderFlags, '-T', 'native/loader.lds', '-o', output, source),
  };
}

/** @param {string} name @param {string[]} flags @returns {import('./lib/steps.mjs').Step} */
function hosted(name, ...flags) {
  const source = `native/${name}.c`;
  const output = `build/native/${name}`;
  return {
    name,
    inputs: [source, 'native', 'scripts/build.mjs'],
    outputs: [output],
    run: () => compile('cc', ...hostedFlags, ...flags, '-o', output, source),
  };
}

async function bundlePage() {
  const { build, formatMessages } = await import('esbuild');
  const options = {
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    logLevel: 'silent',
  };
  try {
    await build({ ...options, entryPoints: ['src/report/page/main.ts'], outfile: 'dist/report/page.js' });
  } catch (error) {
    throw new BuildError((await formatMessages(error.errors ?? [], { kind: 'error' })).join(''), {
      cause: error,
    });
  }
}

/** The plan's layout as C, from its one definition; written only when it changed. */
async function writePlanHeader() {
  const { planHeaderText } = await import('../dist/src/image/plan-header.js');
  const text = planHeaderText();
  if (existsSync('native/plan.h') && readFileSync('native/plan.h', 'utf8') === text) return;
  writeFileSync('native/plan.h', text);
}

/** Whether the step's sources are there: parts of the project that do not exist yet are not built. */
const exists = (step) => existsSync(step.inputs[0]);

/** Runs every step, for one that fails does not keep the others from being built. Returns what failed. */
async function build() {
  const begun = new Date();
  const failures = [];
  for (const step of steps) if (exists(step)) await runIfStale(step).catch((error) => failures.push(error));
  if (failures.length > 0) return failures;
  // What `./linkonce` compares with: all that is older has been built.
  writeFileSync('build/built', '');
  utimesSync('build/built', begun, begun);
  return [];
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
lock();
for (const error of await build()) {
  process.stderr.write(
    `${error instanceof BuildError ? error.message : error.stack}\nlinkonce: the build failed\n`,
  );
  process.exitCode = 1;
}
