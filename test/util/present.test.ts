/** What must be there and is not ends with its name. */
import { expect, test } from 'vitest';
import { at, present } from '../../src/util/present.ts';

test('what is there is answered, zeros too', () => {
  expect(present(0, 'number')).toBe(0);
  expect(present('', 'text')).toBe('');
  expect(at([7n, 0n], 1)).toBe(0n);
  expect(at(Uint16Array.of(3), 0)).toBe(3);
});

test('what is not there is named', () => {
  expect(() => present(new Map<string, number>().get('x'), 'load bias')).toThrow('there is no load bias');
  expect(() => at(['a', 'b'], 2, 'region')).toThrow('there is no region 2 of 2');
  expect(() => at(new Float64Array(0), -1)).toThrow('there is no element -1 of 0');
});
