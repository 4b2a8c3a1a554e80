/** Where a program has dlopen(3) and dlerror(3): in libc.so.6 since glibc 2.34, in libdl.so.2 before. */
import { SHN } from '../elf/constants.ts';
import { symbolName } from '../elf/symbol-name.ts';
import type { Module, Program } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import type { Vaddr } from '../util/units.ts';

export interface Openers {
  /** The module that has both. */
  readonly module: Module;
  readonly dlopen: Vaddr;
  readonly dlerror: Vaddr;
}

const places = ['libc.so.6', 'libdl.so.2'];

/** Throws Refusal where no module of the program has them. */
export function findOpeners(program: Program): Openers {
  if (program.libc === 'musl')
    throw new Refusal(`${program.invocation}: musl's dlopen is not one that linkonce knows`);
  for (const module of program.modules.filter(({ name }) => places.includes(name))) {
    const dlopen = functionOf(module, 'dlopen');
    const dlerror = functionOf(module, 'dlerror');
    if (dlopen !== undefined && dlerror !== undefined) return { module, dlopen, dlerror };
  }
  throw new Refusal(
    `${program.invocation} has no dlopen: none of its modules is ${places.join(' or ')} with it`,
  );
}

function functionOf({ elf: { symbols } }: Module, name: string): Vaddr | undefined {
  const index = symbols.find(symbolName(name), (candidate) => {
    const { sectionIndex, version } = symbols.at(candidate);
    return sectionIndex !== SHN.UNDEF && version?.hidden !== true;
  });
  return index === 0 ? undefined : symbols.at(index).value;
}
