/** Runs a program bound under hash-dispatcher, and reads what its note says of the tables. */
import { expect } from 'vitest';
import type { EntryUse } from '../../src/image/entry-use.ts';
import { present } from '../../src/util/present.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import type { Address } from '../../src/util/units.ts';
import type { Binder } from './bound-set.ts';
import { choiceOf } from './bound-set.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };

export interface NotedRun {
  readonly stdout: string;
  readonly entries: EntryUse;
  /** The launcher. */
  readonly file: string;
}

/** As under the platform's linker, with the figures of the note. */
export async function runNoted(
  binder: Binder,
  program: string,
  form: string,
  bases: readonly Address[] = [],
): Promise<NotedRun> {
  const image = await binder.bindChoice(program, { ...choiceOf(form), bases });
  const own = await runProgram(image.file, [], { env: debugging });
  expect(own).toEqual(await runProgram(program, [], { env: debugging }));
  const entries = present(image.entries, 'use of entries');
  const note = image.notes.find((each) => /^(?:\d+ )?dispatchers?: /.test(each));
  expect(
    [
      ...(note ?? '')
        .replace(/^\d+ /, '')
        .replaceAll(/ \([\d.]+ %\)/g, '')
        .matchAll(/\d+/g),
    ].map(Number),
  ).toEqual([
    entries.used,
    entries.room,
    entries.againInModule,
    entries.againForDependencies,
    entries.toldApart,
  ]);
  return { stdout: own.stdout, entries, file: image.file };
}
