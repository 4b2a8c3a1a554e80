import { R_X86_64 } from '../elf/relocation-types.ts';
import type { ReferenceKind } from './definition.ts';

/** `elf_machine_type_class` of glibc's sysdeps/x86_64/dl-machine.h: references to TLS search as calls do. */
const kinds = new Map<number, ReferenceKind>([
  [R_X86_64.JUMP_SLOT, 'plt'],
  [R_X86_64.DTPMOD64, 'plt'],
  [R_X86_64.DTPOFF64, 'plt'],
  [R_X86_64.TPOFF64, 'plt'],
  [R_X86_64.TLSDESC, 'plt'],
  [R_X86_64.COPY, 'copy'],
]);

/** How a relocation of this type (R_X86_64_…) refers to its symbol. */
export function referenceKind(relocationType: number): ReferenceKind {
  return kinds.get(relocationType) ?? 'data';
}
