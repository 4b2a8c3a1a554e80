/** Runs a program bound under hash-dispatcher, and reads what its note says of the tables. */
import { expect } from 'vitest';
import type { EntryUse } from '../../src/image/entry-use.ts';
import { present } from '../../src/util/present.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import type { Binder } from './bound-set.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };

export interface NotedRun {
  readonly stdout: string;
  readonly entries: EntryUse;
}

/** As under the platform's linker, with the figures of the note. */
export async function runNoted(binder: Binder, program: string, form: string): Promise<NotedRun> {
  const image = await binder.bind(program, form);
  const own = await runProgram(image.file, [], { env: debugging });
  expect(own).toEqual(await runProgram(program, [], { env: debugging }));
  const entries = present(image.entries, 'use of entries');
  const note = image.notes.find((each) => each.startsWith('dispatcher: '));
  expect([...(note ?? '').replaceAll(/ \([\d.]+ %\)/g, '').matchAll(/\d+/g)].map(Number)).toEqual([
    entries.used,
    entries.room,
    entries.againInModule,
    entries.againForDependencies,
    entries.toldApart,
  ]);
  return { stdout: own.stdout, entries };
}
