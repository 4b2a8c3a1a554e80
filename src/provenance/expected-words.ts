/**
 * The second derivation: what each relocation in the files says its word must be, by the psABI's formulas and our own
 * symbol resolution, without a look at the captured words. Where the files cannot say it (the result of an IFUNC
 * resolver, a TLS offset, a TLS descriptor) the answer says what must hold instead.
 */
import type { Capture, Region } from '../capture/capture.ts';
import { isLazy } from '../capture/lazy-modules.ts';
import { PT, SHN, STT } from '../elf/constants.ts';
import { formulaOf, relocationName } from '../machine/relocations.ts';
import type { Relocation } from '../elf/elf-file.ts';
import type { Definition, ReferenceKind, Resolver } from '../program/definition.ts';
import type { Module, Program } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Address } from '../util/units.ts';

/** A number where that is exact, as nearly all are: millions of big ones cost seconds. */
export type WordValue = number | bigint;

export type Expectation =
  /** The word is this value, in `width` bytes. */
  | { readonly kind: 'value'; readonly value: WordValue; readonly width: 4 | 8 }
  /** As before the first call; when bound, as `bind` says, which throws Refusal where no module defines the symbol. */
  | { readonly kind: 'lazy'; readonly value: WordValue; readonly bind: () => Expectation }
  /** An address in this module, the same one wherever the symbol is used. */
  | { readonly kind: 'ifunc'; readonly module: Module; readonly key: string }
  /** `value` minus the module's TLS offset, which is the same wherever the module's TLS is used. */
  | { readonly kind: 'tls-offset'; readonly module: Module; readonly value: bigint }
  /** `size` bytes as at this address. */
  | { readonly kind: 'copy'; readonly from: Address; readonly size: number }
  /** Made of addresses that only the linker knows: explained by the captures alone. */
  | { readonly kind: 'captured' };

export interface Expectations {
  /** `region` holds the relocation's module. Throws Refusal for a relocation type that no dynamic linker supports. */
  of(region: Region, relocation: Relocation): Expectation;
}

interface Site {
  readonly program: Program;
  readonly resolver: Resolver;
  readonly biases: ReadonlyMap<Module, Address>;
  readonly tlsModules: readonly Module[];
}

/** For the addresses of `capture`. */
export function expectWords(program: Program, resolver: Resolver, capture: Capture): Expectations {
  const biases = new Map<Module, Address>();
  for (const region of capture.regions) if (region.module) biases.set(region.module, region.loadBias);
  const tlsModules = program.modules.filter((module) => module.elf.tls && module.elf.tls.memorySize > 0);
  const site: Site = { program, resolver, biases, tlsModules };
  return {
    of(region, relocation) {
      if (!region.module) throw new Error('only modules have relocations');
      return expect(site, region.module, relocation);
    },
  };
}

function expect(site: Site, module: Module, relocation: Relocation): Expectation {
  const bias = biasOf(site, module);
  const { addend } = relocation;
  switch (formulaOf(relocation.type)) {
    case 'none':
    case 'tlsDescriptor':
      return { kind: 'captured' };
    case 'relative':
      return whole(bias, addend);
    case 'absolute':
      return symbolAddress(site, module, relocation, 'data', addend);
    case 'globDat':
      return symbolAddress(site, module, relocation, 'data', 0);
    case 'jumpSlot':
      return slot(site, module, relocation, bias);
    case 'irelative':
      return { kind: 'ifunc', module, key: `${module.path} ${String(relocation.addend)}` };
    case 'copy':
      return copy(site, module, relocation);
    case 'tlsModule':
      return whole(site.tlsModules.indexOf(tlsDefinition(site, module, relocation).module), 1);
    case 'tlsModuleOffset':
      return whole(tlsDefinition(site, module, relocation).value, addend);
    case 'tlsOffset':
      return tlsOffset(site, module, relocation);
    case 'size':
      return whole(definedSize(site, module, relocation), addend);
    case 'absolute32':
      return lowerHalf(symbolAddress(site, module, relocation, 'data', addend));
    case undefined:
      throw new Refusal(`${module.path}: a dynamic relocation of type ${relocationName(relocation.type)}`);
  }
}

function biasOf({ biases }: Site, module: Module): Address {
  return present(biases.get(module), 'load bias of a module');
}

/** The sum, of 64 bits. */
function whole(value: number, addend: number): { kind: 'value'; value: WordValue; width: 8 } {
  const sum = value + addend;
  const isExact = sum >= 0 && Number.isSafeInteger(sum);
  return {
    kind: 'value',
    value: isExact ? sum : BigInt.asUintN(64, BigInt(value) + BigInt(addend)),
    width: 8,
  };
}

function lowerHalf(expectation: Expectation): Expectation {
  if (expectation.kind !== 'value') throw new Refusal('a 32-bit relocation against an IFUNC symbol');
  return { ...expectation, value: Number(BigInt(expectation.value) & 0xffff_ffffn), width: 4 };
}

function definition(
  site: Site,
  module: Module,
  relocation: Relocation,
  kind: ReferenceKind,
): Definition | undefined {
  if (relocation.symbol === 0) return undefined;
  return site.resolver.resolve(module, relocation.symbol, kind);
}

/** None of a weak symbol that nobody defines. */
function definedSize(site: Site, module: Module, relocation: Relocation): number {
  return definition(site, module, relocation, 'data')?.symbol.size ?? 0;
}

function symbolAddress(
  site: Site,
  module: Module,
  relocation: Relocation,
  kind: ReferenceKind,
  addend: number,
): Expectation {
  const found = definition(site, module, relocation, kind);
  if (!found) return whole(0, addend);
  const { symbol } = found;
  if (symbol.type === STT.GNU_IFUNC && symbol.sectionIndex !== SHN.UNDEF)
    return { kind: 'ifunc', module: found.module, key: `${found.module.path} ${String(symbol.value)}` };
  const bias = symbol.sectionIndex === SHN.ABS ? 0 : biasOf(site, found.module);
  return whole(bias + symbol.value, addend);
}

/**
 * What stands in the file's slot leads back into the PLT: the linker adds the bias (psABI, 5.2). The addend is no part of
 * the bound value: with `ld -z mark-plt` (glibc 2.41 is built so) it is the PLT entry's address.
 */
function slot(site: Site, module: Module, relocation: Relocation, bias: Address): Expectation {
  const bind = (): Expectation => symbolAddress(site, module, relocation, 'plt', 0);
  if (!isLazy(site.program, module)) return bind();
  return { kind: 'lazy', value: whole(fileWord(module, relocation.address), bias).value, bind };
}

/** An address in the module. */
function fileWord(module: Module, address: number): number {
  const { segments, bytes } = module.elf;
  const load = segments.find(
    (s) => s.type === PT.LOAD && address >= s.address && address + 8 <= s.address + s.fileSize,
  );
  if (!load) return 0;
  const at = load.offset + address - load.address;
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}

function copy(site: Site, module: Module, relocation: Relocation): Expectation {
  const found = definition(site, module, relocation, 'copy');
  if (!found) return { kind: 'captured' };
  const size = Math.min(found.symbol.size, module.elf.symbols.at(relocation.symbol).size);
  return { kind: 'copy', from: biasOf(site, found.module) + found.symbol.value, size };
}

/** Without a symbol the reference is to the module's own TLS block. */
function tlsDefinition(
  site: Site,
  module: Module,
  relocation: Relocation,
): { module: Module; value: number } {
  const found = definition(site, module, relocation, 'data');
  if (!found) return { module, value: 0 };
  return { module: found.module, value: found.symbol.type === STT.TLS ? found.symbol.value : 0 };
}

function tlsOffset(site: Site, module: Module, relocation: Relocation): Expectation {
  const found = tlsDefinition(site, module, relocation);
  return { kind: 'tls-offset', module: found.module, value: BigInt(found.value) + BigInt(relocation.addend) };
}
