/** Structures of the ELF specification (gABI), as they are written. 64 bits, little-endian. */
import { structure } from '../util/structure.ts';

/** 'ELF Header'. */
export const elfHeader = structure({
  /** Magic, class, data, version; then padding. */
  identification: 'u64',
  padding: 'u64',
  type: 'u16',
  machine: 'u16',
  version: 'u32',
  entry: 'u64',
  segments: 'u64',
  sections: 'u64',
  flags: 'u32',
  size: 'u16',
  segmentSize: 'u16',
  segmentCount: 'u16',
  sectionSize: 'u16',
  sectionCount: 'u16',
  sectionNames: 'u16',
});

/** 'Program Header'. */
export const segmentHeader = structure({
  type: 'u32',
  flags: 'u32',
  offset: 'u64',
  address: 'u64',
  physical: 'u64',
  fileSize: 'u64',
  memorySize: 'u64',
  alignment: 'u64',
});

/** 'Sections'. */
export const sectionHeader = structure({
  name: 'u32',
  type: 'u32',
  flags: 'u64',
  address: 'u64',
  offset: 'u64',
  size: 'u64',
  link: 'u32',
  info: 'u32',
  alignment: 'u64',
  entrySize: 'u64',
});

/** 'Symbol Table'; `info`: st_info, st_other and st_shndx. */
export const symbolEntry = structure({
  name: 'u32',
  info: 'u32',
  value: 'u64',
  size: 'u64',
});

/** What is before the descriptor of a note with an owner of three letters: 'Note Section'. */
export const noteHeader = structure({
  nameSize: 'u32',
  descriptorSize: 'u32',
  type: 'u32',
  name: 'u32',
});
