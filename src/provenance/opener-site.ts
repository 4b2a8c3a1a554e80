/**
 * Where the linker's `mmap` calls the kernel: glibc's has one such place. It is replaced by a call of the opener, so it must be known to
 * the last byte, nothing may jump into it, and nothing may lie below the stack pointer there. glibc 2.41 calls the kernel in two
 * more places, in other forms: to try shadow stacks, and for memory below 2 GiB (GLIBC_TUNABLES, prefer_map_32bit_exec). A module that
 * came by that way shows by its later segments, which come through `mmap`, and is none of those that are known.
 */
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';
import { PF, PT } from '../elf/constants.ts';
import type { ElfFile, Segment } from '../elf/elf-file.ts';
import { callOf, mappingCall } from '../machine/instructions.ts';
import { systemCall } from '../machine/system-calls.ts';
import { Refusal } from '../util/errors.ts';
import type { Vaddr } from '../util/units.ts';

const size = mappingCall.length / 2;

function codeSegments({ segments }: ElfFile): Segment[] {
  return segments.filter(({ type, flags }) => type === PT.LOAD && (flags & PF.X) !== 0);
}

/** Throws Refusal where the linker has no such place, several, or another one than is known. */
export function openerSite(elf: ElfFile): Vaddr {
  const sites = codeSegments(elf).flatMap(({ address, offset, fileSize }) =>
    occurrences(elf.bytes.subarray(offset, offset + fileSize), mappingCall).map((at) => address + at),
  );
  const [site, ...others] = sites;
  if (site === undefined || others.length > 0)
    throw new Refusal(`its linker has ${String(sites.length)} places that call mmap, not one`);
  const range = elf.functionRanges.find(
    (each) => site >= each.address && site + size <= each.address + each.size,
  );
  const code = range && codeOf(elf, range.address, range.size);
  if (!range || !code || !isAsKnown(code, site - range.address))
    throw new Refusal('its linker calls mmap in another way than is known');
  return site;
}

/** The one that is the linker's `fstat`: glibc has it besides newfstatat, or that alone. Throws Refusal where there is neither. */
export function statusCallOf(elf: ElfFile): number {
  const found = [systemCall.fstat, systemCall.newfstatat].find((number) =>
    codeSegments(elf).some(
      ({ offset, fileSize }) =>
        occurrences(elf.bytes.subarray(offset, offset + fileSize), callOf(number)).length > 0,
    ),
  );
  if (found === undefined)
    throw new Refusal("its linker asks for a file's status in another way than is known");
  return found;
}

function occurrences(code: Buffer, pattern: string): number[] {
  const found: number[] = [];
  for (let at = code.indexOf(pattern, 'hex'); at >= 0; at = code.indexOf(pattern, at + 1, 'hex'))
    found.push(at);
  return found;
}

function codeOf(elf: ElfFile, address: Vaddr, length: number): Buffer | undefined {
  const segment = elf.segments.find(
    (each) =>
      each.type === PT.LOAD && address >= each.address && address + length <= each.address + each.fileSize,
  );
  if (!segment) return undefined;
  const offset = segment.offset + address - segment.address;
  return elf.bytes.subarray(offset, offset + length);
}

/** `code` is the whole function. */
function isAsKnown(code: Buffer, site: number): boolean {
  const { Decoder, DecoderOptions, FlowControl, Register } = createRequire(import.meta.url)(
    'iced-x86',
  ) as typeof Iced;
  const decoder = new Decoder(64, code, DecoderOptions.None);
  let isReached = false;
  try {
    while (decoder.canDecode) {
      const instruction = decoder.decode();
      const { ip, flowControl, memoryBase } = instruction;
      isReached ||= ip === BigInt(site);
      const isBranch =
        flowControl === FlowControl.ConditionalBranch || flowControl === FlowControl.UnconditionalBranch;
      const target = isBranch ? Number(instruction.nearBranchTarget) : -1;
      const usesStack = memoryBase === Register.RSP || memoryBase === Register.RBP;
      instruction.free();
      if (usesStack || (target > site && target < site + size)) return false;
    }
    return isReached;
  } finally {
    decoder.free();
  }
}
