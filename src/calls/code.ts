/** The bytes that a file's processes may execute. */
import { PF, PT } from '../elf/constants.ts';
import type { ElfFile, Segment } from '../elf/elf-file.ts';
import { ElfError } from '../util/errors.ts';
import { hex, type Vaddr } from '../util/units.ts';

/** Neighbouring bytes of code. */
export interface Code {
  readonly address: Vaddr;
  readonly bytes: Uint8Array;
}

/** What the file has of its executable segments, ascending. Throws ElfError where segments are not in order, or overlap. */
export function executableCode(elf: ElfFile): Code[] {
  const loaded = elf.segments.filter(({ type }) => type === PT.LOAD);
  checkOrder(elf.path, loaded);
  return loaded.filter(({ flags }) => (flags & PF.X) !== 0).map((segment) => codeOf(elf, segment));
}

/** gABI, _Program Header_: PT_LOAD entries appear in ascending order of p_vaddr. */
function checkOrder(path: string, loaded: readonly Segment[]): void {
  let end = 0;
  for (const { address, memorySize, fileSize } of loaded) {
    if (address < end) fail(path, address, 'a PT_LOAD begins before the end of the one before');
    end = address + Math.max(memorySize, fileSize);
    if (!Number.isSafeInteger(end)) fail(path, address, 'a PT_LOAD leaves the address space');
  }
}

function fail(path: string, address: Vaddr, problem: string): never {
  throw new ElfError(path, 'program headers', undefined, `address ${hex(address)}: ${problem}`);
}

function codeOf({ bytes }: ElfFile, { address, offset, fileSize }: Segment): Code {
  return { address, bytes: bytes.subarray(offset, Math.min(offset + fileSize, bytes.length)) };
}

/** The same without some ranges of addresses, which are ascending and apart. */
export function codeOutside(
  code: readonly Code[],
  ranges: readonly { readonly address: Vaddr; readonly size: number }[],
): Code[] {
  return code.flatMap(({ address, bytes }) => {
    const parts: Code[] = [];
    let from = 0;
    for (const range of ranges) {
      const [begin, end] = [range.address - address, range.address + range.size - address];
      if (end <= from || begin >= bytes.length) continue;
      if (begin > from) parts.push({ address: address + from, bytes: bytes.subarray(from, begin) });
      from = end;
    }
    return from < bytes.length ? [...parts, { address: address + from, bytes: bytes.subarray(from) }] : parts;
  });
}
