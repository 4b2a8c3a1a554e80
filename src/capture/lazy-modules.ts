/** Which modules have slots that the platform's linker leaves to the first call. */
import { asEnvironment } from '../program/environment.ts';
import { formulaOf } from '../machine/relocations.ts';
import type { Module, Program } from '../program/program.ts';

const known = new WeakMap<Module, boolean>();

/**
 * Whether the linker leaves slots of this module lazy: glibc does unless the module says DF_BIND_NOW, or the
 * environment LD_BIND_NOW (process_envvars of elf/rtld.c). musl binds all at once
 * where it can (ldso/dynlink.c).
 */
export function isLazy(program: Program, module: Module): boolean {
  if (program.libc !== 'glibc' || module.elf.dynamic?.bindNow !== false) return false;
  if ((asEnvironment(program.variables).LD_BIND_NOW ?? '') !== '') return false;
  const lazy = known.get(module) ?? hasSlots(module);
  known.set(module, lazy);
  return lazy;
}

function hasSlots(module: Module): boolean {
  return module.elf.relocations.some(
    (each) => each.table === 'jmprel' && formulaOf(each.type) === 'jumpSlot',
  );
}
