/** Stores whose systems change calls: what programs share, a library that is replaced, other addresses. */
import { readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readElf } from '../../src/elf/read-elf.ts';
import { systems } from '../../src/systems/registry.ts';
import { compileLibrary } from '../contract/workplace.ts';
import { casesOf } from '../extent.ts';
import type { Smap } from '../systems/smaps.ts';
import { atExit, readSmaps } from '../systems/smaps.ts';
import { createPlace, expectSound, fromStore, throughLinker, well, type Place } from './place.ts';

let place: Place;
afterEach(() => {
  place.remove();
});

const programs = ['search-path', 'search-path-no-pie'];
const said = (who: string): string => `library from ${who}\n`;

/** For each system, the first variant that changes calls. */
const forms = systems.flatMap(({ id, variants }) => {
  const found = variants.find(({ arrangement }) => arrangement?.calls !== undefined);
  if (!found?.arrangement) return [];
  const { fixedBase, files } = found.arrangement;
  return [{ form: `${id}:${found.id}`, isFixed: fixedBase, isModular: files === 'module' }];
});

test('all systems of calls are here', () => {
  place = createPlace();
  const ids = forms.map(({ form }) => form.split(':')[0]);
  expect(ids).toEqual([
    'dispatcher',
    'image',
    'offset-table',
    'hash-address',
    'hash-dispatcher',
    'import-page',
  ]);
});

async function expectFromStore(who: string): Promise<void> {
  for (const program of programs) await fromStore(place.run(program), said(who));
  await expectSound(place);
}

/** Another library, of which the old file's processes know nothing. */
function replaceLibrary(who: string): void {
  const library = place.program('second/liborder.so');
  compileLibrary(`${library}.new`, who);
  renameSync(`${library}.new`, library);
}

/** Where a process of the store has libc, and what the stored file has of its executable segment. */
function readLibc(): Promise<{ readonly start: number; readonly code: Buffer }> {
  return atExit({ file: path.join(place.store, 'bin', 'search-path') }, (tracee) => {
    const isCode = ({ name, rights }: Smap): boolean => rights === 'r-xp' && name.includes('/libc.so.6-');
    const { start, end, offset, name } = readSmaps(tracee).find(isCode)!;
    const stored = readFileSync(name).subarray(offset, offset + end - start);
    // Behind the area, libc begins with its ELF header.
    const header = stored.indexOf(Buffer.from([0x7f, 0x45, 0x4c, 0x46]));
    const { segments } = readElf('/lib/x86_64-linux-gnu/libc.so.6');
    const { address, fileSize } = segments.find(({ type, flags }) => type === 1 && (flags & 1) !== 0)!;
    return { start, code: stored.subarray(header + address, header + address + fileSize) };
  });
}

test.each(casesOf(forms, 1))('$form: run, verify, update, reslide', async ({ form, isFixed, isModular }) => {
  place = createPlace(...programs);
  await well(place.command('add', '--system', form, ...programs.map(place.program)));
  await expectFromStore('second');
  replaceLibrary('newest');
  for (const program of programs) await throughLinker(place.run(program), said('newest'));
  await well(place.command('update'));
  await expectFromStore('newest');
  // What has the same addresses everywhere cannot slide.
  if (isFixed) return;
  if (!isModular) {
    await well(place.command('reslide'));
    return expectFromStore('newest');
  }
  const before = await readLibc();
  await well(place.command('reslide'));
  await expectFromStore('newest');
  const after = await readLibc();
  expect(after.start).not.toBe(before.start);
  expect(after.code.length).toBeGreaterThan(0x10_0000);
  if (form.startsWith('dispatcher')) expect(after.code.equals(before.code)).toBe(true);
});
