/**
 * The formats of solution 3: H is the hash of a module's name. In the first form a module lies at that address; one that is
 * longer than a block takes the following ones. In the second form only its look-up page lies there.
 *
 * The seed draws 12 bits of L for the second form and says 16 (64 KiB) in its text: with 1 bit for X and 19 for the hash 12 are
 * left, which is one page.
 */
import type { AddressFormat } from '../../ranges/address-format.ts';

const zero = 'zero: not an address of the kernel';
const prefix = 'constant: away from where Linux puts programs and stacks';
const code = 'code address';
const hash = 'hash of the name';

export const literalFormat: AddressFormat = {
  id: 'hash-address-32',
  fields: [
    { letter: 'X', meaning: zero, bits: 1 },
    { letter: 'H', meaning: hash, bits: 16 },
    { letter: 'L', meaning: code, bits: 15 },
  ],
};

export const wideFormat: AddressFormat = {
  id: 'hash-address-64',
  fields: [
    { letter: 'X', meaning: zero, bits: 17 },
    { letter: 'P', meaning: prefix, bits: 3 },
    { letter: 'H', meaning: hash, bits: 29 },
    { letter: 'L', meaning: code, bits: 15 },
  ],
};

export const literalLookUpFormat: AddressFormat = {
  id: 'hash-look-up-32',
  fields: [
    { letter: 'X', meaning: zero, bits: 1 },
    { letter: 'H', meaning: hash, bits: 19 },
    { letter: 'L', meaning: 'place in the look-up page', bits: 12 },
  ],
};

export const wideLookUpFormat: AddressFormat = {
  id: 'hash-look-up-64',
  fields: [
    { letter: 'X', meaning: zero, bits: 17 },
    { letter: 'P', meaning: prefix, bits: 3 },
    { letter: 'H', meaning: hash, bits: 32 },
    { letter: 'L', meaning: 'place in the look-up page', bits: 12 },
  ],
};
