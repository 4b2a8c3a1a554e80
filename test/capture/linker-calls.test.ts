/** Calls that the linkers of other releases make: what they leave in the record, and what is refused. */
import { expect, test } from 'vitest';
import { newRecord, recordCall, type LinkerRecord } from '../../src/capture/linker-calls.ts';
import type { Tracee } from '../../src/capture/ptrace.ts';
import { Refusal } from '../../src/util/errors.ts';

/** A stopped process of which only the memory is looked at; it repeats `bytes`. */
function memory(bytes: Buffer): Tracee {
  const read = (address: number, length: number): Buffer =>
    Buffer.from(Array.from({ length }, (_, index) => bytes[(address + index) % bytes.length] ?? 0));
  return { read } as unknown as Tracee;
}

const stackLimit = { told: 1000n, least: 4096 };

const exeLink = Buffer.alloc(64);
exeLink.write('/proc/self/exe');
const otherLink = Buffer.alloc(64);
otherLink.write('/etc/localtime');
const currentDirectory = 0xffff_ff9cn;

test('getrandom of one word (glibc 2.43) is kept', () => {
  const record = newRecord(stackLimit);
  const bytes = Buffer.from('f0debc9a78563412', 'hex');
  recordCall({ number: 318, arguments: [0n, 8n, 1n], result: 8n }, record, memory(bytes));
  expect(record.drawn).toBe(0x1234_5678_9abc_def0n);
});

test.each([
  [16n, 16n],
  [8n, -11n],
])('getrandom of %d bytes with the answer %d is refused', (length, result) => {
  const call = { number: 318, arguments: [0n, length, 1n], result };
  expect(() => {
    recordCall(call, newRecord(stackLimit), memory(Buffer.alloc(16)));
  }).toThrow(Refusal);
});

test('getrandom a second time is refused', () => {
  const record = newRecord(stackLimit);
  const call = { number: 318, arguments: [0n, 8n, 1n], result: 8n };
  recordCall(call, record, memory(Buffer.alloc(16)));
  expect(() => {
    recordCall(call, record, memory(Buffer.alloc(16)));
  }).toThrow('more than once');
});

/** An openat of `path` with this result. */
function open(path: string, result: bigint): LinkerRecord {
  const record = newRecord(stackLimit);
  const name = Buffer.alloc(64);
  name.write(path);
  recordCall({ number: 257, arguments: [currentDirectory, 0n, 0n], result }, record, memory(name));
  return record;
}

test('what can be opened but is no plain file is refused', () => {
  expect(() => open('/dev/urandom', 3n)).toThrow('reads /dev/urandom, which is no plain file');
  expect(open('/etc/passwd', 3n).questions.get('/etc/passwd')).toMatchObject({ kind: 'file' });
});

test('a path that leads nowhere is asked for again, one that is there and cannot be opened is refused', () => {
  const nowhere = '/etc/passwd/lib/libfirst.so';
  for (const result of [-2n, -20n, -13n])
    expect([...open(nowhere, result).questions.values()]).toEqual([{ kind: 'absent', path: nowhere }]);
  expect(() => open(nowhere, -40n)).toThrow(`${nowhere}: ELOOP`);
  expect(() => open('/etc/passwd', -13n)).toThrow('/etc/passwd: EACCES');
});

test('readlinkat (glibc 2.41) may read the link of the program only', () => {
  const call = { number: 267, arguments: [currentDirectory, 0n, 64n, 64n], result: 14n };
  const record = newRecord(stackLimit);
  recordCall(call, record, memory(exeLink));
  expect(record.questions.size).toBe(0);
  expect(() => {
    recordCall(call, record, memory(otherLink));
  }).toThrow('/etc/localtime');
});

/** ARCH_SHSTK_STATUS of a glibc that is built for shadow stacks. */
function shadowStackStatus(result: bigint, features: number): LinkerRecord {
  const record = newRecord(stackLimit);
  const call = { number: 158, arguments: [0x5005n, 0n], result };
  recordCall(call, record, memory(Buffer.from([features, 0, 0, 0, 0, 0, 0, 0])));
  return record;
}

test.each([0n, -22n])('no shadow stack is a question that is asked again: %d', (result) => {
  const [question] = shadowStackStatus(result, 0).questions.values();
  expect(question).toEqual({ kind: 'call', number: 158, arguments: [0x5005n], result });
});

test('a shadow stack is refused', () => {
  expect(() => shadowStackStatus(0n, 1)).toThrow(Refusal);
});

test('an executable stack that a library asks for is refused', () => {
  const protect = (flags: bigint) => ({ number: 10, arguments: [0x1000n, 0x1000n, flags], result: 0n });
  const record = newRecord(stackLimit);
  recordCall(protect(1n), record, memory(Buffer.alloc(1)));
  // PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN
  expect(() => {
    recordCall(protect(0x0100_0007n), record, memory(Buffer.alloc(1)));
  }).toThrow(/a library needs an executable one/);
});

test('a call that is not known is refused', () => {
  const seal = { number: 462, arguments: [0x1000n, 0x1000n, 0n], result: 0n };
  expect(() => {
    recordCall(seal, newRecord(stackLimit), memory(Buffer.alloc(1)));
  }).toThrow(new Refusal('its dynamic linker makes system call 462, which is not known'));
});
