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

export type Expectation =
  /** The word is this value, in `width` bytes. */
  | { readonly kind: 'value'; readonly value: bigint; readonly width: 4 | 8 }
  /** As before the first call; when bound, as `bind` says, which throws Refusal where no module defines the symbol. */
  | { readonly kind: 'lazy'; readonly value: bigint; readonly bind: () => Expectation }
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
  const addend = BigInt(relocation.addend);
  switch (formulaOf(relocation.type)) {
    case 'none':
    case 'tlsDescriptor':
      return { kind: 'captured' };
    case 'relative':
      return whole(BigInt(bias) + addend);
    case 'absolute':
      return symbolAddress(site, module, relocation, 'data', addend);
    case 'globDat':
      return symbolAddress(site, module, relocation, 'data', 0n);
    case 'jumpSlot':
      return slot(site, module, relocation, bias);
    case 'irelative':
      return { kind: 'ifunc', module, key: `${module.path} ${String(relocation.addend)}` };
    case 'copy':
      return copy(site, module, relocation);
    case 'tlsModule':
      return whole(BigInt(site.tlsModules.indexOf(tlsDefinition(site, module, relocation).module) + 1));
    case 'tlsModuleOffset':
      return whole(tlsDefinition(site, module, relocation).value + addend);
    case 'tlsOffset':
      return tlsOffset(site, module, relocation);
    case 'size':
      return whole(definedSize(site, module, relocation) + addend);
    case 'absolute32':
      return {
        ...whole(fixed(symbolAddress(site, module, relocation, 'data', addend)) & 0xffff_ffffn),
        width: 4,
      };
    case undefined:
      throw new Refusal(`${module.path}: a dynamic relocation of type ${relocationName(relocation.type)}`);
  }
}

function biasOf({ biases }: Site, module: Module): Address {
  return present(biases.get(module), 'load bias of a module');
}

function whole(value: bigint): { kind: 'value'; value: bigint; width: 8 } {
  return { kind: 'value', value: BigInt.asUintN(64, value), width: 8 };
}

function fixed(expectation: Expectation): bigint {
  if (expectation.kind === 'value') return expectation.value;
  throw new Refusal('a 32-bit relocation against an IFUNC symbol');
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
function definedSize(site: Site, module: Module, relocation: Relocation): bigint {
  const found = definition(site, module, relocation, 'data');
  return found ? BigInt(found.symbol.size) : 0n;
}

function symbolAddress(
  site: Site,
  module: Module,
  relocation: Relocation,
  kind: ReferenceKind,
  addend: bigint,
): Expectation {
  const found = definition(site, module, relocation, kind);
  if (!found) return whole(addend);
  const { symbol } = found;
  if (symbol.type === STT.GNU_IFUNC && symbol.sectionIndex !== SHN.UNDEF)
    return { kind: 'ifunc', module: found.module, key: `${found.module.path} ${String(symbol.value)}` };
  const bias = symbol.sectionIndex === SHN.ABS ? 0 : biasOf(site, found.module);
  return whole(BigInt(bias + symbol.value) + addend);
}

/**
 * What stands in the file's slot leads back into the PLT: the linker adds the bias (psABI, 5.2). The addend is no part of
 * the bound value: with `ld -z mark-plt` (glibc 2.41 is built so) it is the PLT entry's address.
 */
function slot(site: Site, module: Module, relocation: Relocation, bias: Address): Expectation {
  const bind = (): Expectation => symbolAddress(site, module, relocation, 'plt', 0n);
  if (!isLazy(site.program, module)) return bind();
  return { kind: 'lazy', value: fileWord(module, relocation.address) + BigInt(bias), bind };
}

function fileWord(module: Module, address: number): bigint {
  const { segments, bytes } = module.elf;
  const load = segments.find(
    (s) => s.type === PT.LOAD && address >= s.address && address + 8 <= s.address + s.fileSize,
  );
  return load ? bytes.readBigUInt64LE(load.offset + address - load.address) : 0n;
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
): { module: Module; value: bigint } {
  const found = definition(site, module, relocation, 'data');
  if (!found) return { module, value: 0n };
  return { module: found.module, value: found.symbol.type === STT.TLS ? BigInt(found.symbol.value) : 0n };
}

function tlsOffset(site: Site, module: Module, relocation: Relocation): Expectation {
  const found = tlsDefinition(site, module, relocation);
  return { kind: 'tls-offset', module: found.module, value: found.value + BigInt(relocation.addend) };
}
