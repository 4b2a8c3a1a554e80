import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpaceRange } from '../../src/measure/address-space.ts';
import { decodeSpace, encodeSpace } from '../../src/measure/address-space.ts';
import { reasons } from '../../src/pages/pages.ts';

const states = ['absent', 'shared', ...reasons] as const;
const name = fc.constantFrom('', '/usr/lib/libc.so.6', '[heap]', '/tmp/a b (deleted)', '/usr/lib/libm.so.6');

const range: fc.Arbitrary<SpaceRange> = fc
  .record({
    start: fc.integer({ min: 0, max: 2 ** 35 }).map((page) => page * 4096),
    protection: fc.constantFrom('r--p', 'rw-p', 'r-xp', '---p', 'rw-s'),
    area: fc.constantFrom('module', 'bss', 'image', 'image bss', 'heap', 'stack', 'named', 'anonymous'),
    name,
    runs: fc.array(
      fc.record({ pages: fc.integer({ min: 1, max: 1e6 }), state: fc.constantFrom(...states) }),
      { minLength: 1 },
    ),
  })
  .chain((plain) => fc.option(name, { nil: undefined }).map((module) => withModule(plain, module)));

function withModule(plain: SpaceRange, module: string | undefined): SpaceRange {
  return module === undefined ? plain : { ...plain, module };
}

describe('encodeSpace', () => {
  it('is undone by decodeSpace', () => {
    fc.assert(
      fc.property(fc.array(range), (ranges) => {
        expect(decodeSpace(encodeSpace(ranges))).toEqual(ranges);
      }),
    );
  });

  it('writes a range as its specification has it', () => {
    const space = encodeSpace([
      {
        start: 0x7f12_a000,
        protection: 'rw-p',
        area: 'image',
        name: 'x.image',
        module: 'libc.so.6',
        runs: [
          { pages: 12, state: 'absent' },
          { pages: 3, state: 'linker and program' },
        ],
      },
    ]);
    expect(space).toEqual({ names: ['x.image', 'libc.so.6'], ranges: ['7f12a000 rw-p i 0 1 12.3b'] });
  });
});

describe('decodeSpace', () => {
  it.each(['', 'x', '1000 r--p m 0 - ', '1000 r--p m 1 - 3s', '1000 r--p z 0 - 3s', '1000 r--p m 0 - 3y'])(
    'refuses %j',
    (line) => {
      expect(() => decodeSpace({ names: ['/bin/x'], ranges: [line] })).toThrow(SyntaxError);
    },
  );
});
