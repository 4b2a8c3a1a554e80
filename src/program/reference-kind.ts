import { type Formula, formulaOf } from '../machine/relocations.ts';
import type { ReferenceKind } from './definition.ts';

/** `elf_machine_type_class` of glibc's dl-machine.h: references to TLS search as calls do. */
const kinds = new Map<Formula | undefined, ReferenceKind>([
  ['jumpSlot', 'plt'],
  ['tlsModule', 'plt'],
  ['tlsModuleOffset', 'plt'],
  ['tlsOffset', 'plt'],
  ['tlsDescriptor', 'plt'],
  ['copy', 'copy'],
]);

/** How a relocation of this type refers to its symbol. */
export function referenceKind(relocationType: number): ReferenceKind {
  return kinds.get(formulaOf(relocationType)) ?? 'data';
}
