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
function spaceOf(format: AddressFormat, base: () => number, bits: number): AddressSpace {
  const all = Math.log2(fieldUnit(format, 'B'));
  return { base: base(), bits: Math.min(all, bits) };
}

/** The first base has the kernel's lowest page and executables with fixed addresses, the last one tables of other systems. */
const literalBases = fieldSize(literalFormat, 'B') - 2;
const literalBase = (): number => encodeAddress(literalFormat, { B: 1 + randomInt(literalBases) });
const wideBase = (): number => roundDown(drawBase(), fieldUnit(wideFormat, 'B'));

function arrange(format: AddressFormat, base: () => number, calls: CallScheme): Arrangement {
  return {
    protections: 'merged',
    files: 'module',
    codeFromModules: false,
    addresses: 'unique',
    growth: 0,
    fixedBase: false,
    onCollision: 'hand-over',
    space: (bits) => spaceOf(format, base, bits),
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
      'modules at whole blocks of 1 MiB behind a base; a library of several blocks has as many entries in the table; refused where the blocks of a base do not suffice',
    shared: 'everything of the rewritten copies, between all programs of the store: one mapping a library',
    private:
      "one region with the offset table and all modules' import slots; pages with words of the process itself",
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
      arrangement: arrange(wideFormat, wideBase, masking(wideFormat)),
      randomness: wideRandomness,
      callDistance: behindOneBase,
      seenBy: codeInCopies,
      format: wideFormat,
      costs: copyCosts(16),
    },
    {
      id: 'window',
      summary: 'the region is seen once more at a constant address',
      arrangement: arrange(wideFormat, wideBase, windowed(wideFormat)),
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
      arrangement: arrange(wideFormat, wideBase, segmented(wideFormat)),
      randomness: wideRandomness,
      callDistance: behindOneBase,
      seenBy: codeInCopies,
      format: wideFormat,
      costs: copyCosts(16),
    },
    {
      id: 'global',
      summary: 'a function has one slot for all modules, at a constant distance',
      arrangement: arrange(wideFormat, wideBase, globalSlots(wideFormat)),
      randomness: wideRandomness,
      callDistance: behindOneBase,
      seenBy: codeInCopies,
      format: wideFormat,
      costs: copyCosts(16),
    },
    {
      id: 'literal',
      summary: "mask in the seed's format of 32 bits: 256 blocks, below 2 GiB; 6 bases",
      arrangement: arrange(literalFormat, literalBase, masking(literalFormat)),
      randomness: literalRandomness,
      callDistance: below2GiB,
      seenBy: codeInCopies,
      format: literalFormat,
      costs: copyCosts(16),
    },
  ],
};
