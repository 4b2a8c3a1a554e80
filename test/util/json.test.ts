/** JSON with 64-bit integers, bytes and maps: what comes back is what went in. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromJson, toJson } from '../../src/util/json.ts';

const names = fc.stringMatching(/^[a-z]{1,8}$/);

const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
    fc.string({ unit: 'binary' }),
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  ),
}));

test('what comes back is what went in', () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(fromJson(toJson(value))).toStrictEqual(value);
    }),
  );
});

test('plain JSON is as it always was', () => {
  expect(toJson({ a: [1, 'b', null], c: { d: true } })).toBe('{"a":[1,"b",null],"c":{"d":true}}');
  expect(toJson([1n, new Map([['a', Buffer.from('b')]])])).toBe(
    '[{"$integer":"1"},{"$map":[["a",{"$bytes":"Yg=="}]]}]',
  );
});

test('what is no JSON throws SyntaxError', () => {
  expect(() => fromJson('{"a":')).toThrow(SyntaxError);
});
