/** The ELF header (gABI chapter 'ELF Header'), of any class and byte order. */
import { machine } from '../machine/names.ts';
import { ElfError } from '../util/errors.ts';
import { ELFCLASS, ELFDATA } from './constants.ts';
import type { ElfHeader } from './elf-file.ts';
import { Table } from './table.ts';

const magic = Buffer.from('\x7fELF', 'latin1');
const identSize = 16;
const machineNames = new Map([
  [3, 'i386'],
  [8, 'MIPS'],
  [20, 'PowerPC'],
  [21, 'PowerPC64'],
  [22, 'S/390'],
  [40, 'ARM'],
  [183, 'AArch64'],
  [190, 'CUDA'],
  [243, 'RISC-V'],
  [247, 'BPF'],
  [258, 'LoongArch'],
]);

/**
 * Reads the header of an ELF file for any machine, so that a caller can say what the file is.
 * Throws ElfError for what is no ELF file or ends inside the header.
 */
export function readElfHeader(bytes: Buffer, path: string): ElfHeader {
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw new ElfError(path, 'ELF header', 0, 'not an ELF file');
  const ident = new Table(path, bytes, 'ELF header', 0, identSize);
  const elfClass = ident.u8(4);
  const data = ident.u8(5);
  if (elfClass !== ELFCLASS.CLASS32 && elfClass !== ELFCLASS.CLASS64)
    throw ident.fail(4, `unknown class ${elfClass}`);
  if (data !== ELFDATA.LSB && data !== ELFDATA.MSB) throw ident.fail(5, `unknown byte order ${data}`);
  const size = elfClass === ELFCLASS.CLASS64 ? 64 : 52;
  const table = new Table(path, bytes, 'ELF header', 0, size, data === ELFDATA.LSB);
  return elfClass === ELFCLASS.CLASS64 ? header64(table, data) : header32(table, data);
}

/** Throws ElfError that says what the file is instead, unless it is ELF64, little-endian, for this machine. */
export function requireNative(header: ElfHeader, path: string): void {
  const problem = foreign(header);
  if (problem !== undefined) throw new ElfError(path, 'ELF header', undefined, problem);
}

function foreign(header: ElfHeader): string | undefined {
  if (header.machine !== machine.elf) {
    const name = machineNames.get(header.machine) ?? `machine ${header.machine}`;
    return `${header.class === 32 ? '32-bit file (ELFCLASS32) ' : ''}made for ${name}, not ${machine.name}`;
  }
  if (header.class === 32) return '32-bit file (ELFCLASS32)';
  if (header.byteOrder === 'big') return 'big-endian file (ELFDATA2MSB)';
  return undefined;
}

function header64(table: Table, data: number): ElfHeader {
  return {
    ...kind(table, data),
    class: 64,
    entry: table.u64(24),
    programHeaderOffset: table.u64(32),
    sectionHeaderOffset: table.u64(40),
    flags: table.u32(48),
    ...counts(table, 54),
  };
}

function header32(table: Table, data: number): ElfHeader {
  return {
    ...kind(table, data),
    class: 32,
    entry: table.u32(24),
    programHeaderOffset: table.u32(28),
    sectionHeaderOffset: table.u32(32),
    flags: table.u32(36),
    ...counts(table, 42),
  };
}

function kind(table: Table, data: number) {
  const byteOrder: ElfHeader['byteOrder'] = data === ELFDATA.LSB ? 'little' : 'big';
  return { byteOrder, type: table.u16(16), machine: table.u16(18) };
}

/** The five half-words that end the header: e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx. */
function counts(table: Table, at: number) {
  return {
    programHeaderSize: table.u16(at),
    programHeaderCount: table.u16(at + 2),
    sectionHeaderSize: table.u16(at + 4),
    sectionHeaderCount: table.u16(at + 6),
    sectionNamesIndex: table.u16(at + 8),
  };
}
