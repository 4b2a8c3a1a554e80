/** The formats of solution 2: what is above M, filled up with zeros, is the base; M is the module's place in the offset table. */
import type { AddressFormat } from '../../ranges/address-format.ts';

/** The seed's own, of 32 bits: eight bases of 256 MiB, and 256 blocks of 1 MiB at each. */
export const literalFormat: AddressFormat = {
  id: 'offset-table-32',
  fields: [
    { letter: 'X', meaning: 'zero: not an address of the kernel', bits: 1 },
    { letter: 'B', meaning: 'base pointer', bits: 3 },
    { letter: 'M', meaning: 'offset in the offset table', bits: 8 },
    { letter: 'L', meaning: 'code address', bits: 20 },
  ],
};

/** As many blocks as a displacement of 32 bits reaches over: 2,048 of 1 MiB at each base. */
export const wideFormat: AddressFormat = {
  id: 'offset-table-64',
  fields: [
    { letter: 'X', meaning: 'zero: not an address of the kernel', bits: 17 },
    { letter: 'B', meaning: 'base pointer', bits: 16 },
    { letter: 'M', meaning: 'offset in the offset table', bits: 11 },
    { letter: 'L', meaning: 'code address', bits: 20 },
  ],
};
