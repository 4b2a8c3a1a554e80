/** `linkonce model …`: tables that fit a terminal, JSON, and wrong usage in a line. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const tool = fileURLToPath(new URL('../../linkonce', import.meta.url));
const names = fileURLToPath(new URL('../../models/data/library-names.txt', import.meta.url));

const run = (line: string) => spawnSync(tool, ['model', ...line.split(' ')], { encoding: 'utf8' });

describe.each([
  'address',
  'address offset-table-32 --decode 0x12345678',
  'aslr --processes 1000000',
  `collision --names ${names} --simulate 500`,
  'collision --bits 19 --libraries 200 --blocks 4',
  'collision --blocks 22,4,61,145 --simulate 500',
  'collision --program cat --program perl --simulate 500',
  'cost --modules 100000 --processes 1000000',
  'saturation --shape chain',
])('model %s', (line) => {
  it('fits into 80 columns', () => {
    const { stdout, stderr, status } = run(line);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout.split('\n').filter((each) => each.length > 80)).toEqual([]);
  });

  it('has the same as JSON', () => {
    const { stdout, status } = run(`${line} --json`);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toBeTypeOf('object');
  });
});

describe('model', () => {
  it.each([
    ['collision --bits 33', 2, /must not be more than 32/],
    [
      'collision --names /proc/nonexistent',
      1,
      /^linkonce: \/proc\/nonexistent: cannot be read \(ENOENT\)\n$/,
    ],
    ['collision --program /proc/nonexistent', 1, /^linkonce: .*\/proc\/nonexistent.*\n$/],
    ['collision --blocks 1,0', 2, /must be a whole number from 1 on/],
    ['address nothing', 2, /there is no address format 'nothing'/],
    ['address offset-table-32 --encode B=8', 1, /^linkonce: 8 does not fit into the 3 bits of B\n$/],
  ])('%s ends with status %i', (line, expected, message) => {
    const { stderr, status } = run(line);
    expect(status).toBe(expected);
    expect(stderr).toMatch(message);
  });
});
