/** A place gives a file to those who may read the one at rest, and that to those who may read all modules in it. */
import { chmodSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram } from '../run-program.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import { debugging, ServedPrograms, whyNoPlaces } from './served-programs.ts';

const programs = new ServedPrograms();
const common = new ServedPrograms();
afterAll(async () => {
  await programs.remove();
  await common.remove();
});

test('a program that nobody else may read', async ({ skip }) => {
  if (whyNoPlaces !== undefined) skip(whyNoPlaces);
  chmodSync(programs.folder, 0o755);
  const program = programs.compile('table');
  chmodSync(program, 0o711);
  await programs.bind([program], 'data');
  await programs.serve();
  const { path: places, files } = programs.places;
  const modes = readdirSync(path.join(places, '0'))
    .filter((name) => name !== 'slide')
    .map((name) => {
      const [shown, resting] = [statSync(path.join(places, '0', name)), statSync(path.join(files, name))];
      expect(shown.mode & 0o777).toBe(resting.mode & 0o444);
      return { name: name.replace(/-\w+$/, ''), mode: shown.mode & 0o777 };
    });
  expect(modes).toContainEqual({ name: 'table', mode: 0o400 });
  expect(modes).toContainEqual({ name: 'libc.so.6', mode: 0o444 });
});

test.for(['whole', 'data', 'group'] as const)(
  "root's places serve every user: %s",
  async (variant, { skip }) => {
    const obstacle = whyNoPlaces ?? whyNoStranger;
    if (obstacle !== undefined) skip(obstacle);
    chmodSync(common.folder, 0o755);
    const program = common.compile('table');
    await common.bind([program], variant);
    await common.serve();
    const settings = { env: debugging };
    const asNobody = await runProgram(...asStranger(common.get('table').file, []), settings);
    expect(asNobody).toEqual(await runProgram(program, [], settings));
    await common.stop();
  },
);

test('a user whose places these are not is told that, not that nobody serves', async ({ skip }) => {
  const obstacle = whyNoPlaces ?? whyNoStranger;
  if (obstacle !== undefined) skip(obstacle);
  const folder = common.places.files;
  const tool = path.join(packageRoot(), 'linkonce');
  expect(await runProgram(tool, ['pagein', 'start', folder])).toMatchObject({ stderr: '', status: 0 });
  try {
    const answer = await runProgram(...asStranger(tool, ['pagein', 'status', folder]));
    expect(answer.stderr).toBe(`linkonce: ${folder}: who serves its places answers their own user only\n`);
    expect(answer.status).toBe(1);
  } finally {
    await runProgram(tool, ['pagein', 'stop', folder]);
  }
});
