/** The order in which files are tested: those that take longest first, so that both workers are busy to the end. */
import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By their measured times, from a minute down to ten seconds; all others come after them, the larger first. */
export const longest: readonly string[] = [
  'contract/everyday',
  'package/install',
  'docs/library',
  'contract/calls',
  'store/update',
  'contract/placing',
  'contract/interpreter',
  'store/systems',
  'report/full-page',
  'store/call-systems',
  'store/kill',
  'contract/opened-situations',
  'contract/opened',
  'contract/faults',
  'store/damage',
  'cli/bad-input',
  'store/commands',
  'elf/binutils',
  'pagein/places',
  'report/html',
  'cli/run',
  'cli/usage',
  'bind/large',
  'store/running',
  'store/concurrency',
  'pagein/faults',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    return usual.sort((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const name = path.relative(import.meta.dirname, moduleId).replace(/\.test\.ts$/, '');
  const index = longest.indexOf(name);
  return index < 0 ? longest.length : index;
}
