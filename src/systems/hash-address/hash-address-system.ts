/**
 * Solution 3 of the seed: prelinking with a literally global address space. A module's address is a hash of its name, the same
 * on every machine; all executables have one constant address.
 */
import type { CallScheme } from '../../calls/call-scheme.ts';
import { lowTables } from '../../calls/low-memory.ts';
import type { AddressFormat } from '../../ranges/address-format.ts';
import { encodeAddress, fieldUnit } from '../../ranges/address-format.ts';
import type { Arrangement } from '../../ranges/arrangement.ts';
import type { Address } from '../../util/units.ts';
import { copyCosts } from '../shared/bound-costs.ts';
import { drawnForStore, neverDrawn } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInCopies } from '../shared/sights.ts';
import { onlyNear } from '../shared/call-distances.ts';
import type { CallDistance, Constants, System } from '../system.ts';
import { literalFormat, literalLookUpFormat, wideFormat, wideLookUpFormat } from './formats.ts';
import { absoluteCalls, nearCalls } from './global-calls.ts';
import { lookUpCalls } from './look-up-calls.ts';

const plain: Omit<Arrangement, 'addresses' | 'onCollision'> = {
  protections: 'merged',
  files: 'module',
  codeFromModules: false,
  growth: 0,
  fixedBase: true,
};

/** Plan, loader and the linker's own memory: a constant place outside of the formats. */
const programArea = 0x2000_0000_0000;

interface GlobalSpace {
  readonly format: AddressFormat;
  readonly base: Address;
  /** Of the space, with the base. */
  readonly bits: number;
  readonly executablesAt: Address;
  readonly calls: CallScheme;
}

/** Modules themselves at their hashed addresses. */
function globally({ format, base, bits, executablesAt, calls }: GlobalSpace): Arrangement {
  return {
    ...plain,
    addresses: 'by-name',
    onCollision: 'end',
    space: (most) => ({ base, bits: Math.min(bits, most), programArea }),
    block: fieldUnit(format, 'H'),
    executablesAt,
    calls,
  };
}

/** Where ld puts executables with fixed addresses. */
const usualExecutable = 0x40_0000;

const wide = globally({
  format: wideFormat,
  base: encodeAddress(wideFormat, { P: 1 }),
  bits: 44,
  executablesAt: encodeAddress(wideFormat, { P: 1 }),
  calls: absoluteCalls,
});
/** From the first block above the kernel's lowest pages, with 2 GiB as its end: the last 256 MiB are for tables of systems. */
const literal = globally({
  format: literalFormat,
  base: 0,
  bits: 31,
  executablesAt: usualExecutable,
  calls: nearCalls,
});

/** Modules anywhere, look-up pages at hashed addresses. */
const lookedUp = (calls: CallScheme): Arrangement => ({
  ...plain,
  fixedBase: false,
  addresses: 'unique',
  growth: 1 / 8,
  onCollision: 'hand-over',
  calls,
});

const wideLookUp = lookUpCalls({ format: wideLookUpFormat, prefix: 3, first: 0, executable: 0 });
const literalLookUp = lookUpCalls({
  format: literalLookUpFormat,
  prefix: 0,
  first: 16,
  executable: lowTables / fieldUnit(literalLookUpFormat, 'H'),
});

const lookUpConstants: Constants = {
  read: "each library's look-up page, at a hash of its name: the addresses of its functions that are called",
};

/** Hashed into 1 GiB, in place of 16 TiB. */
const hashedNames: CallDistance = {
  usual: 'far',
  other: { space: () => ({ base: encodeAddress(wideFormat, { P: 1 }), bits: 30, programArea }) },
};
const below2GiB = onlyNear('its addresses have 31 bits: nothing is farther than 2 GiB');

export const hashAddress: System = {
  id: 'hash-address',
  seed: 'solution 3',
  summary: "a module's address is a hash of its name, the same on every machine",
  properties: {
    placement:
      'each module, or its look-up page, at the address that its name gives, longer ones over the following blocks; executables at a constant address',
    shared: 'everything of the rewritten copies, between all programs of the store',
    private: 'pages with words of the process itself',
    work: {
      mapping: 'start-up, module by module; look-up: one more for each library',
      relocation: 'bind',
      binding: 'bind: absolute addresses into stubs',
    },
    onCollision: 'an error that names both modules, when a program is bound; at start-up as well',
    onUpgrade: 'hands over to ld.so until the program is bound again, at the same addresses',
    ...preparedModules,
  },
  variants: [
    {
      id: 'global',
      summary: 'modules at hashed addresses, 29 bits of hash and blocks of 32 KiB',
      arrangement: wide,
      randomness: neverDrawn,
      callDistance: hashedNames,
      seenBy: codeInCopies,
      format: wideFormat,
      costs: copyCosts(15),
    },
    {
      id: 'look-up',
      summary: 'look-up pages at hashed addresses, 32 bits of hash; modules anywhere',
      arrangement: lookedUp(wideLookUp),
      randomness: drawnForStore(),
      constants: lookUpConstants,
      seenBy: codeInCopies,
      format: wideLookUpFormat,
      costs: copyCosts(17, { modules: 2 }),
    },
    {
      id: 'literal',
      summary: "global in the seed's format of 32 bits: 16 bits of hash, below 2 GiB",
      arrangement: literal,
      randomness: neverDrawn,
      callDistance: below2GiB,
      seenBy: codeInCopies,
      format: literalFormat,
      costs: copyCosts(15),
    },
    {
      id: 'look-up-literal',
      summary: "look-up in the seed's format of 32 bits: 19 bits of hash",
      arrangement: lookedUp(literalLookUp),
      randomness: drawnForStore(),
      constants: lookUpConstants,
      seenBy: codeInCopies,
      format: literalLookUpFormat,
      costs: copyCosts(17, { modules: 2 }),
    },
  ],
};
