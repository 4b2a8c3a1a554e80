/** Where the linker's `mmap` is: the platform's own linker, and copies of it in which one thing is not as known. */
import { describe, expect, test } from 'vitest';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { decodeElf, readElf } from '../../src/elf/read-elf.ts';
import { callOf, mappingCall } from '../../src/machine/instructions.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { openerSite, statusCallOf } from '../../src/provenance/opener-site.ts';
import { Refusal } from '../../src/util/errors.ts';
import { present } from '../../src/util/present.ts';
import { calling, returning, workshop } from '../program/workshop.ts';

const shop = workshop();
const linker = loadProgram(shop.program('tool', calling('getpid'))).interpreter.elf;
const inFile = linker.bytes.indexOf(mappingCall, 'hex');
const unknown = 'its linker calls mmap in another way than is known';

/** The function around the site, as file offsets. */
function functionAround(): { readonly start: number; readonly end: number } {
  const site = openerSite(linker);
  const range = linker.functionRanges.find(({ address, size }) => site >= address && site < address + size);
  const { address, size } = present(range, 'function');
  const start = inFile - (site - address);
  return { start, end: start + size };
}

/** A copy of the linker with these bytes at a file offset. */
function patched(offset: number, code: string): ElfFile {
  const bytes = Buffer.from(linker.bytes);
  expect(offset).toBeGreaterThan(0);
  bytes.write(code, offset, 'hex');
  return decodeElf(bytes, linker.path);
}

test('the platform’s linker has one, which is in a segment of code', () => {
  const site = openerSite(linker);
  const segment = linker.segments.find(
    ({ address, fileSize }) => site >= address && site < address + fileSize,
  );
  const { address, offset, flags } = present(segment, 'segment');
  expect(site - address + offset).toBe(inFile);
  expect(flags & 1).toBe(1);
});

describe('refused with its reason', () => {
  const refused = (elf: ElfFile, reason: string): void => {
    expect(() => openerSite(elf)).toThrow(new Refusal(reason));
  };

  const none = 'its linker has 0 places that call mmap, not one';

  test('no such place', () => {
    // Another number: mov $0x109,%eax.
    refused(patched(inFile + 2, '01'), none);
  });

  test('another comparison behind the call', () => {
    refused(patched(inFile + mappingCall.length / 2 - 5, '01'), none);
    refused(patched(inFile + mappingCall.length / 2 - 4, '01'), none);
  });

  test('two of them', () => {
    // In place of munmap's, which is as long.
    const other = linker.bytes.indexOf('b80b0000000f05', 0, 'hex');
    refused(patched(other, mappingCall), 'its linker has 2 places that call mmap, not one');
  });

  test('a jump into it', ({ skip }) => {
    const { start } = functionAround();
    // jne, right before the site: over the first instruction, to the system call.
    const jump = linker.bytes.subarray(start, inFile).lastIndexOf(0x75) + start;
    if (jump !== inFile - 2) skip('this linker has no such jump there');
    refused(patched(jump + 1, '05'), unknown);
    expect(openerSite(patched(jump + 1, '00'))).toBe(openerSite(linker));
  });

  test('something below the stack pointer', ({ skip }) => {
    const { end } = functionAround();
    // movl $EINVAL,errno, ten bytes: mov %eax,-8(%rsp) and nops.
    const store = linker.bytes.indexOf('c705', inFile, 'hex');
    if (store < 0 || store >= end) skip('this linker has no such store there');
    refused(patched(store, `894424f8${'90'.repeat(6)}`), unknown);
    expect(openerSite(patched(store, '90'.repeat(10)))).toBe(openerSite(linker));
  });

  test('a place that no instruction begins at', () => {
    // The byte before becomes the begin of movabs, which takes the site for its operand.
    refused(patched(inFile - 2, '48b8'), unknown);
  });

  test('a place in no known function', () => {
    const library = shop.library(
      'library.so',
      `${returning('f')} __asm__(".text\\n .byte ${bytesOf(mappingCall)}");`,
    );
    refused(readElf(library), unknown);
  });
});

function bytesOf(code: string): string {
  return [...Buffer.from(code, 'hex')].map((byte) => String(byte)).join(',');
}

describe('by which call the linker asks for a file’s status', () => {
  const calls = { fstat: 5, newfstatat: 262 };
  /** A copy in which every such call of the one kind has the other's number. */
  const renumbered = (from: number, to: number): ElfFile => {
    const bytes = Buffer.from(linker.bytes);
    const before = callOf(from);
    for (let at = bytes.indexOf(before, 'hex'); at >= 0; at = bytes.indexOf(before, at + 1, 'hex'))
      bytes.write(callOf(to), at, 'hex');
    return decodeElf(bytes, linker.path);
  };

  test('is what its code has', () => {
    expect(Object.values(calls)).toContain(statusCallOf(linker));
    expect(statusCallOf(renumbered(calls.newfstatat, calls.fstat))).toBe(calls.fstat);
    expect(statusCallOf(renumbered(calls.fstat, calls.newfstatat))).toBe(calls.newfstatat);
  });

  test('is not known of a linker that has neither', () => {
    const other = 332;
    const one = renumbered(calls.newfstatat, calls.fstat);
    expect(one.bytes.indexOf(callOf(calls.newfstatat), 'hex')).toBe(-1);
    const neither = Buffer.from(one.bytes);
    for (
      let at = neither.indexOf(callOf(calls.fstat), 'hex');
      at >= 0;
      at = neither.indexOf(callOf(calls.fstat), 'hex')
    )
      neither.write(callOf(other), at, 'hex');
    expect(() => statusCallOf(decodeElf(neither, linker.path))).toThrow(
      new Refusal("its linker asks for a file's status in another way than is known"),
    );
  });
});
