/** The region of an opened module: its writable segments, with the words that are bound in advance. */
import type { Mapping, Region } from '../capture/capture.ts';
import { moduleSpan, reservedLength } from '../capture/module-span.ts';
import type { Segment } from '../elf/elf-file.ts';
import type { Module } from '../program/program.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown, roundUp } from '../util/units.ts';
import type { BlueprintRegion, PreparedModule } from './explained.ts';
import type { BoundWord } from './opened-module.ts';
import { openedStates } from './opened-states.ts';
import { writableSegments } from './opened-module.ts';

/** At `start`, without memory; with room for what ld.so reserves. */
export function emptyRegion(module: Module, start: Address): Region & { readonly module: Module } {
  const span = moduleSpan(module);
  const loadBias = start - span.start;
  const { alignment } = span;
  const end = Math.max(loadBias + span.end, roundUp(start + reservedLength(module)));
  return {
    kind: 'opened',
    module,
    start,
    end,
    loadBias,
    movable: true,
    alignment,
    mappings: [],
  };
}

/** `biasOf`: load biases in the blueprint. What is a table's address is set when the module gets its place. */
export function openedRegion(
  empty: Region & { readonly module: Module },
  bound: readonly BoundWord[],
  { entries, applied }: Pick<PreparedModule, 'entries' | 'applied'>,
  biasOf: (module: Module) => Address,
): BlueprintRegion & { readonly region: Region } {
  const { module, loadBias } = empty;
  // Of a segment of zeros alone ld.so maps nothing of the file.
  const segments = writableSegments(module)
    .map((segment) => ({ ...segmentPages(module, segment), segment }))
    .filter(({ bytes }) => bytes.length > 0);
  const put = (address: number, value: bigint): void => {
    const part = segments.find(({ from, bytes }) => address >= from && address + 8 <= from + bytes.length);
    part?.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), address - part.from);
  };
  for (const { address, module: owner, value } of bound)
    put(address, BigInt(value + (owner ? biasOf(owner) : 0)));
  for (const { address, value, isTable } of entries) put(address, isTable ? 0n : BigInt(value));
  put(applied, BigInt(openedStates.prepared));
  const pages = new Map(
    segments.flatMap(({ from, bytes, original }) => changedPages(loadBias + from, bytes, original)),
  );
  const mappings = segments.map(({ from, bytes, segment }) =>
    mappingOf(loadBias + from, bytes.length, segment),
  );
  return { region: { ...empty, mappings }, writtenPages: pages.size, pages };
}

/** What ld.so maps of a writable segment: whole pages of the file. */
function segmentPages({ elf }: Module, { address, offset, fileSize }: Segment) {
  const from = roundDown(address);
  const original = Buffer.alloc(roundUp(address + fileSize) - from);
  elf.bytes.copy(original, 0, roundDown(offset));
  return { from, original, bytes: Buffer.from(original) };
}

function changedPages(start: Address, bytes: Buffer, original: Buffer): [Address, Buffer][] {
  const pages: [Address, Buffer][] = [];
  for (let at = 0; at < bytes.length; at += pageSize) {
    const page = bytes.subarray(at, at + pageSize);
    if (!page.equals(original.subarray(at, at + pageSize))) pages.push([start + at, page]);
  }
  return pages;
}

const readWrite = 3;

function mappingOf(start: Address, length: number, { offset }: Segment): Mapping {
  return { start, end: start + length, protection: readWrite, fileOffset: roundDown(offset) };
}
