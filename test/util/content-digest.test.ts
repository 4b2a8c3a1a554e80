/** The digest of content: what fs-verity's own tool says, and native/content-digest.h by each of its ways. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentDigest, contentDigestAt } from '../../src/util/content-digest.ts';
import { packageRoot } from '../../src/util/native.ts';

/** Prints the digest of a file by each way that this processor has. */
const program = `#define _GNU_SOURCE
#include "content-digest.h"
#include "telling-times.h"
#include <fcntl.h>
#include <sys/stat.h>
int main(int argc, char **argv)
{
	unsigned char digest[DIGEST_SIZE];
	struct stat status;
	int file = open(argv[argc - 1], O_RDONLY);
	(void)is_measured;
	(void)why_times_tell_nothing;
	if (file < 0 || fstat(file, &status))
		return 1;
	for (enum way way = best_way(); way <= WAY_ANY; way++) {
		if (way == WAY_AVX2 && !__builtin_cpu_supports("avx2"))
			continue;
		usual_way = way;
		if (digest_of_bytes(file, (uint64_t)status.st_size, digest))
			return 2;
		for (int i = 0; i < DIGEST_SIZE; i++)
			printf("%02x", digest[i]);
		printf("\\n");
	}
	return 0;
}
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-digest-'));
  writeFileSync(path.join(folder, 'main.c'), program);
  const flags = ['-O2', '-Wall', '-Werror', '-I', path.join(packageRoot(), 'native')];
  execFileSync('cc', [...flags, '-o', path.join(folder, 'main'), path.join(folder, 'main.c')]);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** `length` bytes that depend on where they are. */
const pattern = (length: number, seed = 1): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8) * seed) & 0xff));

/** What `fsverity digest` of fsverity-utils 1.5 says of these patterns. */
const known: readonly (readonly [number, string])[] = [
  [0, '3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95'],
  [1, 'b803429503d95915829b29fdbc8bbad142f3abfd11b1cadf5526582e685c0551'],
  [4096, 'dba6800c0bddc2369f4f0ab54798f65f5a8c1f49adc4a4792a831ff4b093e2d7'],
  [4097, 'fefe00b4a113721b31dbc100ba46ff68ba3c9ca6dc62c6a3c1e71db190c68f9f'],
  [524288, 'eaae8cbd17127f6514707a04477de56880466f212f12d13c4397e929b54d8f5a'],
  [524289, '0e3b4b2d25eb9005be08661772bd35783c1fba25ba74e6a63693f072dad036ce'],
  [1000000, '3f6758d4cc49ae9d327cfbf39bc81b12f9c0c45d2355f452b0b7bbd8bf4c4fb9'],
];

test.each(known)('%d bytes, as fs-verity has it', (length, digest) => {
  expect(contentDigest(pattern(length)).toString('hex')).toBe(digest);
});

function nativeDigests(bytes: Buffer): string[] {
  const file = path.join(folder, 'bytes');
  writeFileSync(file, bytes);
  return execFileSync(path.join(folder, 'main'), [file], { encoding: 'utf8' }).trim().split('\n');
}

test('both sides agree, by each way, at every border', () => {
  const block = 4096;
  const lengths = [
    0,
    1,
    block - 1,
    block,
    block + 1,
    7 * block,
    8 * block,
    9 * block + 5,
    127 * block,
    128 * block,
  ].concat([128 * block + 1, 129 * block, 256 * block, 256 * block + 1, 500_000, 128 * 128 * block + 1]);
  for (const length of lengths) {
    const bytes = pattern(length, length);
    const expected = contentDigest(bytes).toString('hex');
    const digests = nativeDigests(bytes);
    digests.push(contentDigestAt(path.join(folder, 'bytes')).toString('hex'));
    for (const digest of digests) expect({ length, digest }).toEqual({ length, digest: expected });
  }
});

test('both sides agree on any bytes; one other byte is another digest', () => {
  const cases = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40_000 }), fc.nat());
  fc.assert(
    fc.property(cases, ([given, choice]) => {
      const bytes = Buffer.from(given);
      const expected = contentDigest(bytes).toString('hex');
      expect(new Set(nativeDigests(bytes))).toEqual(new Set([expected]));
      bytes.writeUInt8(bytes.readUInt8(choice % bytes.length) ^ 0x80, choice % bytes.length);
      expect(contentDigest(bytes).toString('hex')).not.toBe(expected);
    }),
    { numRuns: 30 },
  );
});
