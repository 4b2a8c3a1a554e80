/**
 * Which object is an address in? Unwinders ask `_dl_find_object` of libc (glibc since 2.35), which jumps through a word of the
 * linker's `_rtld_global_ro`:
 *
 *   48 8b 05 disp32   mov  slot(%rip), %rax     the address of _rtld_global_ro; an endbr64 may stand before
 *   ff a0 disp32      jmp  *offset(%rax)
 *
 * The linker knows modules. Its function is asked as ever, and where it knows nothing, the ranges of code that an image has beside
 * them answer (`code-frames.ts`). That is a function in the image, to which the word leads.
 */
import type { ElfFile } from '../elf/elf-file.ts';
import { PT, PF, SHN } from '../elf/constants.ts';
import { readElf } from '../elf/read-elf.ts';
import { symbolName } from '../elf/symbol-name.ts';
import type { ModuleFacts } from '../program/facts.ts';
import { sameIdentity } from '../program/file-identity.ts';
import type { FileIdentity } from '../program/program.ts';
import type { Blueprint } from '../provenance/explained.ts';
import { regionAt } from '../provenance/layout.ts';
import type { Address, Vaddr } from '../util/units.ts';
import { roundDown, pageSize } from '../util/units.ts';

export interface FindObject {
  /** The word, at the first capture's address, and its region, which is the linker's. */
  readonly address: Address;
  readonly region: number;
  /** Where it leads: the linker's function, at the first capture's address. */
  readonly function: Address;
}

/** Undefined where the program's libraries have no such function, or another one than this file knows. */
export function findObject(blueprint: Blueprint): FindObject | undefined {
  const { regions, facts, references } = blueprint;
  const libc = regions.find(({ region }) => region.module?.name === 'libc.so.6')?.region;
  const jump = libc?.module && findJump(libc.module);
  if (!libc || !jump) return undefined;
  const table = wordAt(blueprint, libc.loadBias + jump.slot);
  if (table === undefined) return undefined;
  const address = table + jump.offset;
  const region = regionAt(blueprint, address);
  if (regions[region]?.region.module?.path !== facts.interpreter.path) return undefined;
  const index = references.addresses.indexOf(address);
  if (index < 0 || references.owners[index] !== region || references.targets[index] !== region)
    return undefined;
  const target = wordAt(blueprint, address);
  return target === undefined ? undefined : { address, region, function: target };
}

/** Undefined where the linker wrote nothing. */
function wordAt(blueprint: Blueprint, address: Address): Address | undefined {
  const page = blueprint.regions[regionAt(blueprint, address)]?.pages.get(roundDown(address));
  return page && Number(page.readBigUInt64LE(address % pageSize));
}

/** `jmp *offset(slot)`. */
interface Jump {
  readonly slot: Vaddr;
  readonly offset: number;
}

const known = new Map<string, { readonly identity: FileIdentity; readonly jump: Jump | undefined }>();

function findJump({ path, identity }: ModuleFacts): Jump | undefined {
  const before = known.get(path);
  if (before && sameIdentity(before.identity, identity)) return before.jump;
  const jump = jumpOf(readElf(path));
  known.set(path, { identity, jump });
  return jump;
}

const endbr64 = 'f30f1efa';

function jumpOf({ symbols, segments, bytes }: ElfFile): Jump | undefined {
  const index = symbols.find(
    symbolName('_dl_find_object'),
    (each) => symbols.at(each).sectionIndex !== SHN.UNDEF,
  );
  if (index === 0) return undefined;
  const { value } = symbols.at(index);
  const segment = segments.find(
    ({ type, flags, address, fileSize }) =>
      type === PT.LOAD && (flags & PF.X) !== 0 && value >= address && value < address + fileSize,
  );
  if (!segment) return undefined;
  const at = segment.offset + value - segment.address;
  const skip = bytes.subarray(at, at + 4).toString('hex') === endbr64 ? 4 : 0;
  return decodeJump(bytes.subarray(at + skip, at + skip + 13), value + skip);
}

function decodeJump(code: Buffer, address: Vaddr): Jump | undefined {
  const isKnown =
    code.length === 13 && code.subarray(0, 3).toString('hex') === '488b05' && code.readUInt16BE(7) === 0xffa0;
  return isKnown ? { slot: address + 7 + code.readInt32LE(3), offset: code.readInt32LE(9) } : undefined;
}
