/** Interpreter mode: the program's own file with only PT_INTERP changed. */
import { PT } from '../elf/constants.ts';
import { readElf } from '../elf/read-elf.ts';

/**
 * A copy of the program's `file` whose PT_INTERP names `interpreter` (absolute). The kernel reads the name by file offset,
 * so it stands behind the file's last byte; nothing else moves.
 */
export function interpreterCopy(file: string, interpreter: string): Buffer {
  const elf = readElf(file);
  const name = Buffer.from(`${interpreter}\0`);
  const bytes = Buffer.concat([elf.bytes, name]);
  elf.segments.forEach((segment, index) => {
    if (segment.type !== PT.INTERP) return;
    const at = elf.header.programHeaderOffset + index * elf.header.programHeaderSize;
    bytes.writeBigUInt64LE(BigInt(elf.bytes.length), at + 8); // p_offset
    bytes.writeBigUInt64LE(BigInt(name.length), at + 32); // p_filesz
    bytes.writeBigUInt64LE(BigInt(name.length), at + 40); // p_memsz
  });
  return bytes;
}
