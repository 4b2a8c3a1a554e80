/** Requests without a kernel: right ones, and such as no kernel sends. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Counters } from '../../src/fuse/counters.ts';
import {
  directoryEntry,
  entryReply,
  attributes,
  attributesReply,
  batchForgetRequest,
  errors,
  forgetOne,
  forgetRequest,
  initReply,
  initRequest,
  openReply,
  operations,
  readRequest,
  releaseRequest,
  replyHeader,
  requestHeader,
  statfsReply,
  type Operation,
} from '../../src/fuse/protocol.ts';
import { Responder } from '../../src/fuse/responder.ts';
import type { Directory, File } from '../../src/fuse/tree.ts';
import { decode, encode, structure, type Structure } from '../../src/util/structure.ts';

const common = { mode: 0o755, uid: 0, gid: 0, mtimeNs: 1_500_000_001n, ctimeNs: 2n };
const file: File = {
  ...common,
  kind: 'file',
  ino: 7,
  size: 10_000,
  read: (offset, length) => Buffer.alloc(length, offset & 0xff),
};
const root: Directory = { ...common, kind: 'directory', ino: 1, entries: new Map([['file', file]]) };

function responder() {
  const log: string[] = [];
  const counters = new Counters();
  const answers = new Responder({ root }, counters, { readAhead: 4096 }, (line) => log.push(line));
  return { answers, counters, log };
}

function request(operation: Operation | number, node: number, ...body: readonly Buffer[]): Buffer {
  const opcode = typeof operation === 'number' ? operation : operations[operation];
  const len = body.reduce((sum, { length }) => sum + length, requestHeader.size);
  return Buffer.concat([encode(requestHeader, { len, opcode, unique: 99n, nodeid: BigInt(node) }), ...body]);
}

/** A reply in one piece, its header checked. */
function ask(answers: Responder, bytes: Buffer): { error: number; body: Buffer } {
  const whole = Buffer.concat(answers.answer(bytes) ?? []);
  const { len, error, unique } = decode(replyHeader, whole);
  expect([len, unique]).toEqual([whole.length, 99n]);
  return { error: -error, body: whole.subarray(replyHeader.size) };
}

const name = (text: string): Buffer => Buffer.from(`${text}\0`);
const init = (major: number, minor: number): Buffer =>
  request('INIT', 0, encode(initRequest, { major, minor, max_readahead: 131_072, flags: 0xffffffff }));

/** sizeof of the structures, by linux/fuse.h. */
test.each<[Structure, number]>([
  [requestHeader, 40],
  [replyHeader, 16],
  [initReply, 64],
  [attributes, 88],
  [entryReply, 128],
  [attributesReply, 104],
  [openReply, 16],
  [releaseRequest, 24],
  [readRequest, 40],
  [directoryEntry, 24],
  [statfsReply, 80],
])('structure %# has the size that C gives it', (of, size) => {
  expect(of.size).toBe(size);
});

test('what is encoded is decoded', () => {
  const of = structure({ a: 'u16', b: 'u32', c: 'i32', d: 'u64', e: 'i64' });
  const values = fc.record({
    a: fc.integer({ min: 0, max: 0xffff }),
    b: fc.integer({ min: 0, max: 0xffffffff }),
    c: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
    d: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    e: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  });
  fc.assert(
    fc.property(values, (each) => {
      expect(decode(of, encode(of, each))).toEqual(each);
    }),
  );
  expect(() => encode(of, { a: 0x10000 })).toThrow(RangeError);
  expect(() => decode(of, Buffer.alloc(of.size - 1))).toThrow(RangeError);
});

test('INIT agrees on the older protocol, and on what both know', () => {
  const { answers } = responder();
  const agreed = decode(initReply, ask(answers, init(7, 31)).body);
  expect(agreed).toMatchObject({ major: 7, minor: 31, max_readahead: 4096, max_pages: 256 });
  expect(decode(initReply, ask(answers, init(7, 45)).body).minor).toBe(38);
  expect(decode(initReply, ask(answers, init(8, 0)).body).major).toBe(7);
  expect(ask(answers, init(7, 19)).error).toBe(errors.EPROTO);
});

test('nodes are known from the first look-up to the last forget', () => {
  const { answers } = responder();
  const read = request('READ', 7, encode(readRequest, { offset: 9_000n, size: 4096 }));
  expect(ask(answers, read).error).toBe(errors.ENOENT);
  for (let times = 0; times < 3; times++) ask(answers, request('LOOKUP', 1, name('file')));
  expect(ask(answers, read).body).toHaveLength(1000);
  expect(answers.answer(request('FORGET', 7, encode(forgetRequest, { nlookup: 2n })))).toBeUndefined();
  expect(answers.knownNodes).toBe(1);
  const last = [encode(batchForgetRequest, { count: 1 }), encode(forgetOne, { nodeid: 7n, nlookup: 1n })];
  expect(answers.answer(request('BATCH_FORGET', 0, ...last))).toBeUndefined();
  expect(answers.knownNodes).toBe(0);
});

test('what is not there, of another kind, or not known has its error', () => {
  const { answers, counters, log } = responder();
  expect(ask(answers, request('LOOKUP', 1, name('no'))).error).toBe(errors.ENOENT);
  ask(answers, request('LOOKUP', 1, name('file')));
  expect(ask(answers, request('LOOKUP', 7, name('no'))).error).toBe(errors.ENOTDIR);
  expect(ask(answers, request('OPENDIR', 7)).error).toBe(errors.ENOTDIR);
  expect(ask(answers, request('READLINK', 7)).error).toBe(errors.EINVAL);
  expect(ask(answers, request(4242, 1)).error).toBe(errors.ENOSYS);
  expect(counters.read().requests).toMatchObject({ LOOKUP: 3, OPENDIR: 1, other: 1 });
  expect(log).toEqual([]);
});

const bodies: readonly [Operation, Buffer][] = [
  ['INIT', Buffer.alloc(initRequest.size - 1)],
  ['LOOKUP', Buffer.from('no end')],
  ['READ', Buffer.alloc(readRequest.size - 1)],
  ['READDIR', Buffer.alloc(0)],
  ['RELEASEDIR', Buffer.alloc(3)],
];

test.each(bodies)('a %s that is cut off is refused, and said so', (operation, body) => {
  const { answers, log } = responder();
  expect(ask(answers, request(operation, 1, body)).error).toBe(errors.EINVAL);
  expect(log[0]).toMatch(
    new RegExp(`^${operation} of inode 1: (\\d+ bytes where \\d+ are|its name has no end)`),
  );
});

test('no bytes whatsoever do harm', () => {
  const { answers } = responder();
  const operation = fc.constantFrom(...Object.values(operations), 4242);
  fc.assert(
    fc.property(operation, fc.nat(8), fc.uint8Array({ maxLength: 80 }), (opcode, node, body) => {
      answers.answer(request(opcode, node, Buffer.from(body)));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      answers.answer(Buffer.from(bytes));
    }),
  );
  ask(answers, request('LOOKUP', 1, name('file')));
  expect(
    ask(answers, request('READ', 7, encode(readRequest, { offset: 2n ** 64n - 1n, size: 1 }))).body,
  ).toHaveLength(0);
});
