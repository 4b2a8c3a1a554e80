/** What a file is, by its first bytes: enough to choose or refuse it before it is read as ELF. */
import { closeSync, openSync, readSync } from 'node:fs';
import { ELFCLASS, ELFDATA } from '../elf/constants.ts';
import { machine } from '../machine/names.ts';

/** Byte offsets in the ELF header (gABI chapter 'ELF Header'). */
const EI_CLASS = 4;
const EI_DATA = 5;
const E_MACHINE = 18;
const headerSize = 64;

export type FileKind =
  /** ELF for this machine. */
  | { readonly kind: 'native' }
  /** ELF of another class or machine; `what` for people. */
  | { readonly kind: 'foreign'; readonly what: string }
  /** The line after `#!`. */
  | { readonly kind: 'script'; readonly interpreter: string }
  | { readonly kind: 'other'; readonly what: string }
  /** `code` is the system's: EACCES, … */
  | { readonly kind: 'unreadable'; readonly what: string; readonly code: string };

/** The kind of the file that `path` leads to. */
export function fileKind(path: string): FileKind {
  try {
    return kindOf(firstBytes(path, 128));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { kind: 'unreadable', what: `cannot be read (${code})`, code };
  }
}

function kindOf(start: Buffer): FileKind {
  if (start.length === 0) return { kind: 'other', what: 'is empty' };
  if (start.toString('latin1', 0, 2) === '#!') return { kind: 'script', interpreter: firstLine(start) };
  if (start.toString('latin1', 0, 4) !== '\x7fELF') return { kind: 'other', what: 'is no ELF file' };
  if (start.length < headerSize)
    return { kind: 'other', what: `is a truncated ELF file (${start.length} bytes)` };
  return elfKind(start);
}

function elfKind(start: Buffer): FileKind {
  if (start[EI_CLASS] !== ELFCLASS.CLASS64) return { kind: 'foreign', what: 'is a 32-bit program' };
  if (start[EI_DATA] !== ELFDATA.LSB) return { kind: 'foreign', what: 'is a big-endian program' };
  const made = start.readUInt16LE(E_MACHINE);
  if (made !== machine.elf) return { kind: 'foreign', what: `is for another machine (e_machine ${made})` };
  return { kind: 'native' };
}

function firstLine(start: Buffer): string {
  return start.toString('utf8', 2).split('\n', 1)[0]!.trim();
}

function firstBytes(path: string, count: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(count);
    return bytes.subarray(0, readSync(file, bytes, 0, count, 0));
  } finally {
    closeSync(file);
  }
}
