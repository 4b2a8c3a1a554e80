/**
 * What ld.so writes into the words of a module that a program opens, as far as that is the same whatever was opened before: computed
 * from the files, for `opened-module.ts` to compare with what ld.so wrote. The rest is left to each dlopen.
 */
import { SHN, STT } from '../elf/constants.ts';
import type { ElfSymbol, Relocation } from '../elf/elf-file.ts';
import { formulaOf } from '../machine/relocations.ts';
import type { Definition } from '../program/definition.ts';
import type { Module } from '../program/program.ts';
import { referenceKind } from '../program/reference-kind.ts';
import type { SoleLookup } from '../program/sole-definition.ts';

/** `module`: the value is relative to its load bias; absent: a number. `chosen`: what the definer's IFUNC answers, which only ld.so knows. */
export type OpenedWord =
  | { readonly kind: 'value'; readonly module: Module | undefined; readonly value: number }
  | { readonly kind: 'chosen'; readonly module: Module }
  | { readonly kind: 'left' };

export interface OpenedScope {
  readonly lookup: SoleLookup;
  /** The modules that every process of the program has. */
  readonly needed: ReadonlySet<Module>;
  /** With all that it needs itself. */
  readonly closure: ReadonlySet<Module>;
  /** Whether ld.so may leave slots to the first call: by then a module that nobody knows may define the function. */
  readonly mayBeLazy: boolean;
}

const left: OpenedWord = { kind: 'left' };

export function openedWord(module: Module, relocation: Relocation, scope: OpenedScope): OpenedWord {
  const { addend } = relocation;
  switch (formulaOf(relocation.type)) {
    case 'relative':
      return { kind: 'value', module, value: addend };
    case 'absolute':
      return symbolWord(module, relocation, scope, addend);
    case 'globDat':
    case 'jumpSlot':
      return symbolWord(module, relocation, scope, 0);
    default:
      return left;
  }
}

function symbolWord(
  module: Module,
  { symbol: index, type }: Relocation,
  scope: OpenedScope,
  addend: number,
): OpenedWord {
  if (index === 0) return left;
  const kind = referenceKind(type);
  const found = scope.lookup(module, module.elf.symbols.at(index), kind);
  const isLate = kind === 'plt' && scope.mayBeLazy;
  if (found === 'unsure') return left;
  if (found === 'none') return isLate ? left : { kind: 'value', module: undefined, value: addend };
  if (scope.needed.has(found.module)) return definedWord(found, addend, true);
  return isLate || !scope.closure.has(found.module) ? left : definedWord(found, addend, false);
}

/** What a module chooses that is opened later, too, is not known before it is. */
function definedWord({ module, symbol }: Definition, addend: number, isNeeded: boolean): OpenedWord {
  if (isChooser(symbol))
    return isNeeded && addend === 0 && choosesByProcessor(module, symbol) ? { kind: 'chosen', module } : left;
  if (symbol.type === STT.TLS) return left;
  const owner = symbol.sectionIndex === SHN.ABS ? undefined : module;
  return { kind: 'value', module: owner, value: symbol.value + addend };
}

/** Of the C library, which looks at the processor alone. Another module may choose by what the program did until then. */
const choosers: ReadonlySet<string> = new Set(['libc.so.6', 'libm.so.6', 'libmvec.so.1']);

function choosesByProcessor({ name }: Module, { version }: ElfSymbol): boolean {
  return choosers.has(name) && version?.name.startsWith('GLIBC_') === true;
}

function isChooser({ type, sectionIndex }: ElfSymbol): boolean {
  return type === STT.GNU_IFUNC && sectionIndex !== SHN.UNDEF;
}
