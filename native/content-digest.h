/*
 * What names a file's content: the digest that fs-verity has of it (SHA-256, blocks of 4 KiB, no salt). src/util/content-digest.ts is the
 * other side, and says more. Blocks are hashed by the processor's own instructions, or eight at a time side by side.
 */
#pragma once
#include <cpuid.h>
#include <errno.h>
#include <immintrin.h>
#include <linux/fsverity.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DIGEST_SIZE 32
#define BLOCK_SIZE 4096
#define CHUNK_SIZE 64

/* FIPS 180-4, 4.2.2 and 5.3.3. */
static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const uint32_t first_state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

/* FIPS 180-4, 5.1.1: what follows a message of whole chunks. */
static void make_padding(unsigned char padding[CHUNK_SIZE], uint64_t length)
{
	uint64_t bits = __builtin_bswap64(length * 8);
	memset(padding, 0, CHUNK_SIZE);
	padding[0] = 0x80;
	memcpy(padding + CHUNK_SIZE - sizeof bits, &bits, sizeof bits);
}

/* Eight messages side by side: a lane has a word of each. */
#define LANES 8
typedef uint32_t lanes __attribute__((vector_size(4 * LANES)));

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

/* FIPS 180-4, 6.2.2: one chunk of each message. `stride`: bytes from one message to the next. */
static inline __attribute__((always_inline)) void compress_lanes(lanes state[8], const unsigned char *chunk, size_t stride)
{
	lanes word[16], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
	for (int i = 0; i < 64; i++) {
		lanes *w = word + (i & 15);
		if (i < 16)
			for (int lane = 0; lane < LANES; lane++) {
				uint32_t value;
				memcpy(&value, chunk + lane * stride + 4 * i, 4);
				(*w)[lane] = __builtin_bswap32(value);
			}
		else {
			lanes w15 = word[(i - 15) & 15], w2 = word[(i - 2) & 15];
			*w += (ROTATE(w15, 7) ^ ROTATE(w15, 18) ^ w15 >> 3) + word[(i - 7) & 15] +
			      (ROTATE(w2, 17) ^ ROTATE(w2, 19) ^ w2 >> 10);
		}
		lanes t1 = h + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) + ((e & f) ^ (~e & g)) + round_constants[i] + *w;
		lanes t2 = (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
	}
	state[0] += a, state[1] += b, state[2] += c, state[3] += d;
	state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static inline __attribute__((always_inline)) void hash_lanes(const unsigned char *messages, size_t size,
							       uint32_t digests[LANES][8])
{
	unsigned char padding[CHUNK_SIZE];
	lanes state[8];
	make_padding(padding, size);
	for (int i = 0; i < 8; i++)
		state[i] = first_state[i] + (lanes){ 0 };
	for (size_t at = 0; at < size; at += CHUNK_SIZE)
		compress_lanes(state, messages + at, size);
	compress_lanes(state, padding, 0);
	for (int lane = 0; lane < LANES; lane++)
		for (int i = 0; i < 8; i++)
			digests[lane][i] = __builtin_bswap32(state[i][lane]);
}

static __attribute__((target("avx2"))) void hash_lanes_avx2(const unsigned char *messages, size_t size, uint32_t digests[LANES][8])
{
	hash_lanes(messages, size, digests);
}

static void hash_lanes_anywhere(const unsigned char *messages, size_t size, uint32_t digests[LANES][8])
{
	hash_lanes(messages, size, digests);
}

/* Intel SHA Extensions: two rounds an instruction, the state as ABEF and CDGH. */
static __attribute__((target("sha,sse4.1,ssse3"))) void compress_sha(__m128i state[2], const unsigned char *data, size_t chunks)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll);
	__m128i abef = state[0], cdgh = state[1], word[4];
	for (; chunks--; data += CHUNK_SIZE) {
		const __m128i abef_before = abef, cdgh_before = cdgh;
		for (int i = 0; i < 4; i++)
			word[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data + i), big_endian);
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			__m128i sum = _mm_add_epi32(word[i & 3], _mm_loadu_si128((const __m128i *)round_constants + i));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
			__m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(word[i & 3], word[(i + 1) & 3]),
						     _mm_alignr_epi8(word[(i + 3) & 3], word[(i + 2) & 3], 4));
			word[i & 3] = _mm_sha256msg2_epu32(next, word[(i + 3) & 3]);
		}
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}
	state[0] = abef, state[1] = cdgh;
}

static __attribute__((target("sha,sse4.1,ssse3"))) void hash_sha(const unsigned char *message, size_t size, unsigned char digest[DIGEST_SIZE])
{
	const uint32_t *h = first_state;
	unsigned char padding[CHUNK_SIZE];
	__m128i state[2] = { _mm_set_epi32((int)h[0], (int)h[1], (int)h[4], (int)h[5]),
			     _mm_set_epi32((int)h[2], (int)h[3], (int)h[6], (int)h[7]) };
	make_padding(padding, size);
	compress_sha(state, message, size / CHUNK_SIZE);
	compress_sha(state, padding, 1);
	uint32_t abef[4], cdgh[4];
	memcpy(abef, state, sizeof abef);
	memcpy(cdgh, state + 1, sizeof cdgh);
	const uint32_t words[8] = { abef[3], abef[2], cdgh[3], cdgh[2], abef[1], abef[0], cdgh[1], cdgh[0] };
	for (int i = 0; i < 8; i++) {
		uint32_t word = __builtin_bswap32(words[i]);
		memcpy(digest + 4 * i, &word, sizeof word);
	}
}

enum way { WAY_UNKNOWN, WAY_SHA, WAY_AVX2, WAY_ANY };

/* Intel SDM, CPUID: leaf 7, ebx bit 29; leaf 1, ecx bits 9 and 19. */
static enum way best_way(void)
{
	unsigned a, b, c, d, vectors;
	if (!__get_cpuid(1, &a, &b, &vectors, &d) || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return WAY_ANY;
	if (b & 1u << 29 && vectors & 1u << 9 && vectors & 1u << 19)
		return WAY_SHA;
	return __builtin_cpu_supports("avx2") ? WAY_AVX2 : WAY_ANY;
}

/* The SHA-256 of `count` messages of `size` bytes, whole chunks, that stand one behind the other. */
static void hash_messages(enum way way, const unsigned char *messages, size_t size, size_t count, unsigned char *digests)
{
	uint32_t eight[LANES][8];
	unsigned char rest[LANES * BLOCK_SIZE] = { 0 };
	for (; way == WAY_SHA && count; count--, messages += size, digests += DIGEST_SIZE)
		hash_sha(messages, size, digests);
	while (count) {
		size_t now = count < LANES ? count : LANES;
		const unsigned char *from = messages;
		if (now < LANES)
			from = memcpy(rest, messages, now * size);
		(way == WAY_AVX2 ? hash_lanes_avx2 : hash_lanes_anywhere)(from, size, eight);
		memcpy(digests, eight, now * DIGEST_SIZE);
		messages += now * size, digests += now * DIGEST_SIZE, count -= now;
	}
}

static size_t blocks_of(uint64_t size)
{
	return (size_t)((size + BLOCK_SIZE - 1) / BLOCK_SIZE);
}

/* From the digests of a file's blocks to that of the file: the Merkle tree, then its descriptor. `hashes` has room for whole blocks. */
static void finish_digest(enum way way, unsigned char *hashes, uint64_t file_size, unsigned char digest[DIGEST_SIZE])
{
	/* struct fsverity_descriptor of linux/fsverity.h: version, SHA-256, blocks of 2^12. */
	unsigned char descriptor[256] = { 1, 1, 12 };
	for (size_t count = blocks_of(file_size); count > 1;) {
		size_t blocks = blocks_of(count * DIGEST_SIZE);
		memset(hashes + count * DIGEST_SIZE, 0, blocks * BLOCK_SIZE - count * DIGEST_SIZE);
		hash_messages(way, hashes, BLOCK_SIZE, blocks, hashes);
		count = blocks;
	}
	memcpy(descriptor + 8, &file_size, sizeof file_size);
	if (file_size)
		memcpy(descriptor + 16, hashes, DIGEST_SIZE);
	hash_messages(way, descriptor, sizeof descriptor, 1, digest);
}

#define READ_BLOCKS 256

/* How this processor does it; nobody has asked yet. */
static enum way usual_way = WAY_UNKNOWN;

/* The digest of `size` bytes of a file. Answers 0, or an errno; ENODATA where the file has another size. */
static int digest_of_bytes(int file, uint64_t size, unsigned char digest[DIGEST_SIZE])
{
	static unsigned char buffer[READ_BLOCKS * BLOCK_SIZE];
	unsigned char *hashes = malloc(blocks_of(size) * DIGEST_SIZE + BLOCK_SIZE);
	uint64_t done = 0;
	int failure = hashes ? 0 : ENOMEM;
	const enum way way = usual_way == WAY_UNKNOWN ? best_way() : usual_way;
	while (!failure && done < size) {
		size_t got = 0, wanted = size - done < sizeof buffer ? (size_t)(size - done) : sizeof buffer;
		while (got < wanted && !failure) {
			ssize_t now = pread(file, buffer + got, wanted - got, (off_t)(done + got));
			failure = now < 0 ? errno : now == 0 ? ENODATA : 0;
			got += now > 0 ? (size_t)now : 0;
		}
		memset(buffer + got, 0, blocks_of(got) * BLOCK_SIZE - got);
		hash_messages(way, buffer, BLOCK_SIZE, blocks_of(got), hashes + done / BLOCK_SIZE * DIGEST_SIZE);
		done += got;
	}
	if (!failure)
		finish_digest(way, hashes, size, digest);
	free(hashes);
	return failure;
}

/* What the kernel knows of a file that has fs-verity on. Answers whether it is a digest of this kind. */
static int is_measured(int file, const unsigned char digest[DIGEST_SIZE])
{
	struct {
		struct fsverity_digest head;
		unsigned char digest[64];
	} measured = { .head.digest_size = sizeof measured.digest };
	return ioctl(file, FS_IOC_MEASURE_VERITY, &measured) == 0 && measured.head.digest_algorithm == FS_VERITY_HASH_ALG_SHA256 &&
	       measured.head.digest_size == DIGEST_SIZE && memcmp(measured.digest, digest, DIGEST_SIZE) == 0;
}
