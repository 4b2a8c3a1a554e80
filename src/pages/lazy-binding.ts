/** Whether a process's linker leaves slots to their first call. */
import path from 'node:path';
import type { LoadedModule } from './loaded-modules.ts';
import type { MappedImage } from './mapped-images.ts';

/** Whether glibc's linker started the program, or its image, so. musl's binds all (ldso/dynlink.c). */
export function usesLazyBinding(
  modules: readonly LoadedModule[],
  images: readonly MappedImage[],
  environment: string,
): boolean {
  if (/(^|\0)LD_BIND_NOW=[^\0]/.test(environment)) return false;
  const inImages = images.flatMap(({ regions }) => regions.map(({ module }) => path.basename(module ?? '')));
  return [...modules.map(({ elf }) => elf.dynamic?.soname), ...inImages].some(
    (name) => name?.startsWith('ld-linux') === true,
  );
}
