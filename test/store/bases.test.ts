/** A store whose dispatchers stand where a person wants them: one, or several in each process. */
import { afterEach, expect, test } from 'vitest';
import type { Smap } from '../systems/smaps.ts';
import { atExit, readSmaps } from '../systems/smaps.ts';
import { createPlace, expectSound, failure, fromStore, well, type Place } from './place.ts';
import path from 'node:path';

let place: Place;
afterEach(() => {
  place.remove();
});

const programs = ['search-path', 'search-path-no-pie'];
const said = 'library from second\n';
const add = (...args: readonly string[]) => place.command('add', ...args, ...programs.map(place.program));

/** Whether each process of the store has memory of a dispatcher at this address. */
async function isThere(base: number): Promise<boolean[]> {
  const has = ({ start, end }: Smap): boolean => base >= start && base < end;
  const looks = programs.map((name) =>
    atExit({ file: path.join(place.store, 'bin', name) }, (tracee) => readSmaps(tracee).some(has)),
  );
  return Promise.all(looks);
}

test.each([
  { form: 'hash-dispatcher:constant', bases: ['0x64000000', '0x71000000'] },
  { form: 'hash-dispatcher:movable', bases: ['0x510000000000', '0x510070000000'] },
])('$form: two bases, in all processes of all programs; they stay where modules slide', async (row) => {
  const { form, bases } = row;
  place = createPlace(...programs);
  await well(add('--system', form, ...bases.flatMap((base) => ['--base', base])));
  const expectThere = async (): Promise<void> => {
    for (const program of programs) await fromStore(place.run(program), said);
    const there = await Promise.all(bases.map((base) => isThere(Number(base))));
    expect(there.flat()).toContain(true);
    expect(await isThere(0x7000_0000)).toEqual([false, false]);
    await expectSound(place);
  };
  await expectThere();
  // Who adds again need not say them.
  await well(add());
  await well(add('--base', bases[1]!, '--base', bases[0]!));
  await well(place.command('reslide'));
  await expectThere();
  expect(await failure(add('--base', bases[0]!))).toContain(
    `the store has bases ${bases.join(' ')}, not ${bases[0]!}`,
  );
});

test('what cannot be is told in one line, and makes no store', async () => {
  place = createPlace(...programs);
  const hashed = ['--system', 'hash-dispatcher:constant'];
  expect(await failure(add('--system', 'image:data', '--base', '0x64000000'))).toContain('has no tables');
  expect(await failure(add('--base', '0x64000000'))).toContain('has no tables');
  expect(await failure(add(...hashed, '--base', '0x64000008'))).toContain('no base for the dispatcher');
  expect(await failure(add(...hashed, '--base', '0x64000000', '--base', '0x64001000'))).toContain(
    'no bases of two dispatchers',
  );
  await well(add(...hashed));
  expect(await failure(add('--base', '0x64000000'))).toContain('the store has bases of its own choice');
});
