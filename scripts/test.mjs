/**
 * `npm test`: the checks of the source (`npm run check`, counted as one test), and the tests beside them. Arguments choose tests:
 * `npm test -- elf store` those of two areas, folders below `test/`, with some cases of each long table, in about a minute an
 * area; `npm test -- test/elf` all of a folder, and any other part of a path what it is part of. The last line is
 * `N passed, N failed, N skipped`.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { startVitest } from 'vitest/node';

const chosen = process.argv.slice(2);
const isArea = (word) => /^[a-z]+$/.test(word) && existsSync(`test/${word}`);

/** Its output is shown when it has ended, apart from that of the tests. @returns {Promise<boolean>} */
function checkSource() {
  return new Promise((resolve) =>
    execFile('npm', ['run', '--silent', 'check'], { maxBuffer: Infinity }, (error, stdout, stderr) => {
      process.stdout.write(`${stdout}${stderr}check: ${error ? 'failed' : 'passed'}\n`);
      resolve(!error);
    }),
  );
}

/** Every test case that vitest knows, with its result. @param {string[]} files */
async function runTests(files) {
  const vitest = await startVitest('test', files, { run: true, watch: false });
  const modules = vitest.state.getTestModules();
  const cases = modules.flatMap((module) => [...module.children.allTests()]);
  // A file that fails before its tests are known has none.
  const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0);
  await vitest.close();
  return { cases, broken: broken.length + vitest.state.getUnhandledErrors().length };
}

/** @param {import('vitest/node').TestCase[]} skipped */
function printReasons(skipped) {
  const reasons = new Map();
  for (const test of skipped) {
    const result = test.result();
    const reason = (result.state === 'skipped' && result.note) || `no reason given: ${test.fullName}`;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const [reason, count] of reasons) console.log(`skipped ${count}: ${reason}`);
}

if (chosen.length > 0 && chosen.every(isArea)) process.env.LINKONCE_TEST ??= 'quick';
const checked = chosen.length > 0 ? undefined : checkSource();
const { cases, broken } = await runTests(chosen.map((word) => (isArea(word) ? `test/${word}/` : word)));
const sourceIsFine = await checked;
const having = (state) => cases.filter((test) => test.result().state === state);
printReasons(having('skipped'));
const passed = having('passed').length + (sourceIsFine === true ? 1 : 0);
const failed = having('failed').length + broken + (sourceIsFine === false ? 1 : 0);
console.log(`${passed} passed, ${failed} failed, ${having('skipped').length} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
