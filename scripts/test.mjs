/**
 * `npm test`: the checks of the source (`npm run check`, counted as one test), then the tests. Arguments choose test
 * files: `npm test -- elf`. The last line is `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process';
import { startVitest } from 'vitest/node';

const chosen = process.argv.slice(2);

function checkSource() {
  const { status } = spawnSync('npm', ['run', '--silent', 'check'], { stdio: 'inherit' });
  console.log(status === 0 ? 'check: passed' : 'check: failed');
  return status === 0;
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

const sourceIsFine = chosen.length > 0 || checkSource();
const { cases, broken } = await runTests(chosen);
const having = (state) => cases.filter((test) => test.result().state === state);
printReasons(having('skipped'));
const passed = having('passed').length + (sourceIsFine && chosen.length === 0 ? 1 : 0);
const failed = having('failed').length + broken + (sourceIsFine ? 0 : 1);
console.log(`${passed} passed, ${failed} failed, ${having('skipped').length} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
