/**
 * Solution 2 of the seed: an offset table, and addresses that encode a base and a place in that table. All import slots of a
 * process are in one private region at the base; a library needs no more than one shared mapping.
 */
import { randomInt } from 'node:crypto';
import { drawBase } from '../../capture/placement.ts';
import type { CallScheme } from '../../calls/call-scheme.ts';
import type { AddressFormat } from '../../ranges/address-format.ts';
import { encodeAddress, fieldSize, fieldUnit } from '../../ranges/address-format.ts';
import type { AddressSpace } from '../../ranges/addresses.ts';
import type { Arrangement } from '../../ranges/arrangement.ts';
import type { Address } from '../../util/units.ts';
import { roundDown } from '../../util/units.ts';
import { copyCosts } from '../shared/bound-costs.ts';
import { drawnForStore } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInCopies } from '../shared/sights.ts';
import { onlyNear } from '../shared/call-distances.ts';
import type { System } from '../system.ts';
import { literalFormat, wideFormat } from './formats.ts';
import { masking } from './masked-calls.ts';
import { globalSlots, segmented, windowed } from './offset-table-calls.ts';
import { tableBlocks } from './table.ts';

/** One base of a format: all of its blocks, or as many as a person allows. */
function baseSpace(format: AddressFormat, base: Address, bits: number): AddressSpace {
  return { base, bits: Math.min(Math.log2(fieldUnit(format, 'B')), bits) };
}

/** How many bases a person allows, of so many. */
function basesWithin(format: AddressFormat, bits: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(2 ** bits / fieldUnit(format, 'B'))));
}

/** The first base has the kernel's lowest page and executables with fixed addresses, the last one tables of other systems. */
const literalBases = fieldSize(literalFormat, 'B') - 2;
/** Below the base that is drawn are plan, loader, and the linker's own memory: at the end of the base that comes last. */
const belowFirst = 0x800_0000;

/** From a drawn base on upwards, and then from the first one on: at which base a module is, its address tells. */
function literalSpace(bits: number): AddressSpace {
  const first = randomInt(literalBases);
  const baseAt = (index: number): Address =>
    encodeAddress(literalFormat, { B: 1 + ((first + index) % literalBases) });
  const count = basesWithin(literalFormat, bits, literalBases);
  const further = Array.from({ length: count - 1 }, (_, index) => {
    const start = baseAt(index + 1);
    const kept = index + 2 === literalBases ? belowFirst : 0;
    return { start, end: start + fieldUnit(literalFormat, 'B') - kept };
  });
  return { ...baseSpace(literalFormat, baseAt(0), bits), ...(further.length > 0 && { further }) };
}

const wideBase = (): Address => roundDown(drawBase(), fieldUnit(wideFormat, 'B'));
const oneWideBase = (bits: number): AddressSpace => baseSpace(wideFormat, wideBase(), bits);

/** More than programs have modules: 16 GiB. */
const wideBases = 8;

function severalWideBases(bits: number): AddressSpace {
  const unit = fieldUnit(wideFormat, 'B');
  const { base, ...space } = oneWideBase(bits);
  const count = basesWithin(wideFormat, bits, wideBases);
  const further = Array.from({ length: count - 1 }, (_, index) => ({
    start: base + (index + 1) * unit,
    end: base + (index + 2) * unit,
  }));
  return { base, ...space, ...(further.length > 0 && { further }) };
}

function arrange(
  format: AddressFormat,
  space: (bits: number) => AddressSpace,
  calls: CallScheme,
): Arrangement {
  return {
    protections: 'merged',
    files: 'module',
    codeFromModules: false,
    addresses: 'unique',
    growth: 0,
    fixedBase: false,
    onCollision: 'hand-over',
    space,
    block: fieldUnit(format, 'M'),
    reserved: tableBlocks * fieldUnit(format, 'M'),
    calls,
  };
}

/** A base is a multiple of this many bits less than `drawBase` draws. */
const wideRandomness = drawnForStore(14);
const literalRandomness = drawnForStore(Math.log2(literalBases));

const behindOneBase = onlyNear('all modules are behind one base, which is 2 GiB');
const below2GiB = onlyNear('its addresses have 31 bits: nothing is farther than 2 GiB');

export const offsetTable: System = {
  id: 'offset-table',
  seed: 'solution 2',
  summary: "addresses encode a base and a module's place in the offset table there",
  properties: {
    placement:
      'modules at whole blocks of 1 MiB behind a base; a library of several blocks has as many entries in the table. mask, literal: at several bases where the blocks of one do not suffice, each with a table of its own; the others refuse then',
    shared: 'everything of the rewritten copies, between all programs of the store: one mapping a library',
    private:
      'a region at each base with the offset table and the import slots of its modules; pages with words of the process itself',
    work: {
      mapping: 'start-up: one call for each module, one for each writable range, one for the region',
      relocation: 'bind',
      binding: 'bind',
    },
    onCollision: 'hands over to ld.so',
    onUpgrade: 'the module and its dependents are relocated again; until then hands over to ld.so',
    ...preparedModules,
  },
  variants: [
    {
      id: 'mask',
      summary: 'the program counter is masked: code is the same at every base and place',
      arrangement: arrange(wideFormat, severalWideBases, masking(wideFormat)),
      randomness: wideRandomness,
      callDistance: behindOneBase,
      seenBy: codeInCopies,
      format: wideFormat,
      costs: copyCosts(16),
    },
    {
      id: 'window',
      summary: 'the region is seen once more at a constant address',
      arrangement: arrange(wideFormat, oneWideBase, windowed(wideFormat)),
      randomness: wideRandomness,
      constants: { read: "the region, which has all modules' import slots" },
      callDistance: behindOneBase,
      seenBy: codeInCopies,
      format: wideFormat,
      costs: copyCosts(17),
    },
    {
      id: 'segment',
      summary: '%gs holds the base',
      arrangement: arrange(wideFormat, oneWideBase, segmented(wideFormat)),
      randomness: wideRandomness,
      callDistance: behindOneBase,
      seenBy: codeInCopies,
      format: wideFormat,
      costs: copyCosts(16),
    },
    {
      id: 'global',
      summary: 'a function has one slot for all modules, at a constant distance',
      arrangement: arrange(wideFormat, oneWideBase, globalSlots(wideFormat)),
      randomness: wideRandomness,
      callDistance: behindOneBase,
      seenBy: codeInCopies,
      format: wideFormat,
      costs: copyCosts(16),
    },
    {
      id: 'literal',
      summary: "mask in the seed's format of 32 bits: 256 blocks, below 2 GiB; 6 bases",
      arrangement: arrange(literalFormat, literalSpace, masking(literalFormat)),
      randomness: literalRandomness,
      callDistance: below2GiB,
      seenBy: codeInCopies,
      format: literalFormat,
      costs: copyCosts(16),
    },
  ],
};
