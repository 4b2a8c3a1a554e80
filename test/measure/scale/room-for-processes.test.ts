/** What would not fit is known before it is started. */
import { expect, it } from 'vitest';
import { lackOfRoom, readRoom } from '../../../src/measure/scale/room-for-processes.ts';

const room = { descriptors: 20_000, processes: 32_768, memoryKb: 1_000_000 };
const one = { privateKb: 900, pageTablesKb: 100 };

it('has room for what fits', () => {
  expect(lackOfRoom(1000, undefined, room)).toBeUndefined();
  expect(lackOfRoom(800, one, room)).toBeUndefined();
});

it.each([
  [{ ...room, descriptors: 1024 }, undefined, 'descriptors for 824 processes only (ulimit -n)'],
  [{ ...room, processes: 1500 }, undefined, 'room for 500 processes more only'],
  [room, one, 'they would need 978 MB of 977 MB of memory'],
])('says what lacks', (given, known, reason) => {
  expect(lackOfRoom(1001, known, given)).toContain(reason);
});

it('knows this machine', () => {
  const { descriptors, processes, memoryKb } = readRoom();
  for (const value of [descriptors, processes, memoryKb]) expect(value).toBeGreaterThan(100);
});
