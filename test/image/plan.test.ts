/** The plan's bytes: what is written is read back, damage is found, and C and TypeScript have one layout. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planHeaderText } from '../../src/image/plan-header.ts';
import { backingKinds, planHeader, planVersion, tables } from '../../src/image/plan-layout.ts';
import type { Plan } from '../../src/image/plan.ts';
import { decodePlan, encodePlan } from '../../src/image/plan.ts';
import { LinkonceError } from '../../src/util/errors.ts';
import { packageRoot } from '../../src/util/native.ts';

const address = fc.integer({ min: 0, max: 2 ** 47 - 1 });
const small = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const short = fc.integer({ min: 0, max: 2 ** 16 - 1 });
const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((each) => !each.includes('\0'));

const ofTables = new Set(Object.keys(tables).flatMap((name) => [`${name}_offset`, `${name}_count`]));
const scalarNames = Object.keys(planHeader.fields).filter((name) => !ofTables.has(name));
const computed =
  /^(magic|version|header_size|checksum|tables_size|vdso_notes|vdso_notes_size|reserved|\w+_path|command_name|platform)$/;

const plans: fc.Arbitrary<Plan> = fc.record({
  scalars: fc.record(
    Object.fromEntries(scalarNames.filter((name) => !computed.test(name)).map((name) => [name, small])),
  ) as unknown as fc.Arbitrary<Plan['scalars']>,
  texts: fc.record({
    program_path: text,
    invocation_path: text,
    interpreter_path: text,
    command_name: text,
    platform: text,
    places_path: text,
    cache_path: text,
  }),
  vdsoNotes: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  tables: fc.record({
    steps: fc.array(
      fc.record({
        ...{ address, length: address, offset: address },
        ...{ operation: short, protection: short, region: small },
      }),
    ),
    seals: fc.array(fc.record({ address, length: address, protection: small, region: small })),
    fix_ranges: fc.array(fc.record({ address, length: address, protection: small, region: small })),
    files: fc.array(
      fc.record({
        device: address,
        inode: address,
        size: address,
        mtime_seconds: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        ctime_seconds: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        mtime_nanoseconds: small,
        ctime_nanoseconds: small,
        directory: text,
        path: text,
        mapped: small,
      }),
    ),
    backings: fc.array(
      fc.record({
        device: address,
        inode: address,
        size: address,
        mtime_seconds: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        ctime_seconds: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        mtime_nanoseconds: small,
        ctime_nanoseconds: small,
        directory: text,
        path: text,
        steps: small,
        kind: fc.constantFrom(...Object.values(backingKinds)),
      }),
    ),
    regions: fc.array(fc.record({ address, length: address, path: text, alignment: small })),
    variables: fc.array(fc.record({ text })),
    prefaults: fc.array(fc.record({ address, length: address })),
    actions: fc.array(
      fc.record({
        ...{ value: address, second_argument: address, third_argument: address },
        ...{ operation: small, region: small },
      }),
    ),
    links: fc.array(fc.record({ path: text, text })),
    paths: fc.array(fc.record({ path: text, kind: small })),
    cached: fc.array(fc.record({ digest: address, name: text })),
    calls: fc.array(fc.record({ argument: address, result: fc.bigInt(-4096n, 0n), number: small })),
    auxiliary: fc.array(fc.record({ type: small, value: address })),
    cpuid: fc.array(
      fc.record({ leaf: small, subleaf: small, eax: small, ebx: small, ecx: small, edx: small }),
    ),
    words: fc.array(
      fc.record({ address, addend: address, source: small, width: small, type: small, region: small }),
    ),
  }),
});

test('a plan is read back as it was written', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const decoded = decodePlan(encodePlan(plan, Buffer.alloc(0)), 'test');
      for (const [name, value] of Object.entries(plan.scalars))
        expect(decoded.header[name as keyof typeof decoded.header]).toBe(BigInt(value));
      for (const [name, value] of Object.entries(plan.texts))
        expect(decoded.text(decoded.header[name as keyof typeof plan.texts])).toBe(value);
      for (const [name, rows] of Object.entries(plan.tables)) {
        const read: readonly Readonly<Record<string, bigint>>[] = decoded.rows(name as keyof Plan['tables']);
        expect(read).toHaveLength(rows.length);
        rows.forEach((row, index) => {
          for (const [field, value] of Object.entries(row)) {
            const got = read[index]?.[field] ?? -1n;
            if (typeof value === 'string') expect(decoded.text(got)).toBe(value);
            else expect(got).toBe(BigInt(value));
          }
        });
      }
    }),
    { numRuns: 60 },
  );
});

test('any changed byte is found, any cut is', () => {
  fc.assert(
    fc.property(plans, fc.nat(), fc.integer({ min: 1, max: 255 }), (plan, where, change) => {
      const bytes = encodePlan(plan, Buffer.alloc(0));
      const damaged = Buffer.from(bytes);
      const at = where % bytes.length;
      damaged[at] = (damaged[at] ?? 0) ^ change;
      expect(() => decodePlan(damaged, 'test')).toThrow(LinkonceError);
      expect(() => decodePlan(bytes.subarray(0, at), 'test')).toThrow(LinkonceError);
    }),
    { numRuns: 200 },
  );
});

test('a plan of any other version is refused by its number', () => {
  fc.assert(
    fc.property(plans, small, (plan, version) => {
      fc.pre(version !== planVersion);
      const bytes = encodePlan(plan, Buffer.alloc(0));
      bytes.writeUInt32LE(version, 8);
      expect(() => decodePlan(bytes, 'test')).toThrow(
        new LinkonceError(`test: image version ${String(version)}, not ${String(planVersion)}`),
      );
    }),
    { numRuns: 20 },
  );
});

test('native/plan.h is generated from the one definition', () => {
  expect(readFileSync(path.join(packageRoot(), 'native', 'plan.h'), 'utf8')).toBe(planHeaderText());
  expect(planHeader.size % 8).toBe(0);
});
