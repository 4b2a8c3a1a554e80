/** Runs a program bound under hash-dispatcher, and reads what its note says of the tables. */
import { expect } from 'vitest';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import type { Binder } from './bound-set.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };

export interface NotedRun {
  readonly stdout: string;
  readonly used: number;
  readonly room: number;
  readonly percent: number;
  readonly rehashed: number;
  readonly collisions: number;
}

/** As under the platform's linker, with the figures of the note. */
export async function runNoted(binder: Binder, program: string, form: string): Promise<NotedRun> {
  const image = await binder.bind(program, form);
  const own = await runProgram(image.file, [], { env: debugging });
  expect(own).toEqual(await runProgram(program, [], { env: debugging }));
  const note = image.notes.find((each) => each.startsWith('dispatcher: '));
  const words =
    /^dispatcher: (\d+) of (\d+) entries used \(([\d.]+) %\), (\d+) names hashed again, (\d+) entries told apart by the return address$/;
  const [, ...numbers] = words.exec(note ?? '') ?? [];
  expect(numbers).toHaveLength(5);
  const [used, room, percent, rehashed, collisions] = numbers.map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { stdout: own.stdout, used, room, percent, rehashed, collisions };
}
