/** Which definition every symbol reference of a program leads to. */
import { STB } from '../elf/constants.ts';
import type { ElfSymbol } from '../elf/elf-file.ts';
import { Refusal } from '../util/errors.ts';
import type { Definition, ReferenceKind, Resolver } from './definition.ts';
import { glibcLookup } from './glibc-lookup.ts';
import type { Lookup } from './lookup.ts';
import { muslLookup } from './musl-lookup.ts';
import type { Module, Program } from './program.ts';

const lookups: Record<Program['libc'], (program: Program) => Lookup> = {
  glibc: glibcLookup,
  musl: muslLookup,
};

/** The resolver for a program, by the rules of its linker; it keeps every answer. */
export function createResolver(program: Program): Resolver {
  const lookup = lookups[program.libc](program);
  const answers = new Map(program.modules.map((module) => [module, emptyAnswers()]));
  return {
    resolve(module, index, kind) {
      const known = answers.get(module)![kind];
      const answer = (known[index] ??= { found: resolved(lookup, module, index, kind) });
      return answer.found;
    },
  };
}

/** By symbol index; a reference that leads nowhere is an answer too. */
type Answers = Record<ReferenceKind, { readonly found: Definition | undefined }[]>;

function emptyAnswers(): Answers {
  return { plt: [], data: [], copy: [] };
}

function resolved(
  lookup: Lookup,
  module: Module,
  index: number,
  kind: ReferenceKind,
): Definition | undefined {
  const reference = module.elf.symbols.at(index);
  const found = lookup(module, reference, kind);
  if (found === undefined && reference.binding !== STB.WEAK) throw undefinedSymbol(module, reference);
  return found;
}

function undefinedSymbol(module: Module, { name, version }: ElfSymbol): Refusal {
  const file = version?.file === undefined ? '' : ` of ${version.file}`;
  const suffix = version === undefined ? '' : `, version ${version.name}${file},`;
  return new Refusal(`${module.path}: symbol ${name}${suffix} is defined in no module of the program`);
}
