/**
 * The GOT slots that hold the address of a function (AMD64 supplement, _Global Offset Table_). The static linker makes
 * GLOB_DAT and JUMP_SLOT for slots only, and nothing but the dynamic linker writes to these. A word with an absolute one is a
 * variable of the program: it may hold something else by the time that it is called.
 */
import { SHN, STT } from '../elf/constants.ts';
import type { ElfFile, ElfSymbol, Relocation } from '../elf/elf-file.ts';
import { formulaOf } from '../machine/relocations.ts';
import type { Vaddr } from '../util/units.ts';

/**
 * Each slot with its symbol's index, 0 for an IFUNC of the module's own. What an untyped symbol without definition here
 * names, only its definition tells. Throws ElfError.
 */
export function functionSlots(elf: ElfFile): Map<Vaddr, number> {
  const isOwn = ownSlots(elf);
  const slots = new Map<Vaddr, number>();
  for (const relocation of elf.relocations) {
    const { address, symbol } = relocation;
    // Relocations are in the order in which ld.so applies them: the last one of a word counts.
    if (isFunctionSlot(relocation, elf, isOwn)) slots.set(address, symbol);
    else slots.delete(address);
  }
  return slots;
}

function isFunctionSlot(
  { type, symbol, address }: Relocation,
  elf: ElfFile,
  isOwn: (slot: Vaddr) => boolean,
): boolean {
  const formula = formulaOf(type);
  if (formula === 'irelative') return isOwn(address);
  if (symbol === 0) return false;
  if (formula === 'jumpSlot') return mayBeCalled(elf.symbols.at(symbol));
  return formula === 'globDat' && !isVariable(elf.symbols.at(symbol));
}

/** A call of what is defined elsewhere needs no type: an undefined symbol has the one that its library had at the link. */
function mayBeCalled(symbol: ElfSymbol): boolean {
  return symbol.sectionIndex === SHN.UNDEF ? symbol.type !== STT.TLS : !isVariable(symbol);
}

function isVariable({ type }: ElfSymbol): boolean {
  return type === STT.OBJECT || type === STT.COMMON || type === STT.TLS;
}

/** Whether an IRELATIVE word is a GOT slot: such words are also initial values of variables. */
function ownSlots({ plt, sections }: ElfFile): (slot: Vaddr) => boolean {
  const throughPlt = new Set(plt.map(({ gotSlot }) => gotSlot));
  const gots = sections.filter(({ name }) => name === '.got' || name === '.got.plt');
  return (slot) =>
    throughPlt.has(slot) || gots.some(({ address, size }) => slot >= address && slot - address < size);
}
