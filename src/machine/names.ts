/** The names and numbers by which files, kernel and linkers know this machine. */

export const machine = {
  /** For people; glibc-hwcaps directories begin with it (`x86-64-v3`). */
  name: 'x86-64',
  /** e_machine: EM_X86_64. */
  elf: 62,
  /** AT_PLATFORM. */
  platform: 'x86_64',
  /** Flags of ld.so.cache: FLAG_X8664_LIB64 | FLAG_ELF_LIBC6. */
  cachedLibrary: 0x303,
  /** File names of the dynamic linkers. */
  glibcLinker: 'ld-linux-x86-64.so.2',
  muslLinker: 'ld-musl-x86_64.so.1',
  /** musl's list of directories, in `etc`. */
  muslPath: 'ld-musl-x86_64.path',
} as const;

/** Names of the bits of AT_HWCAP, from bit 0 on, as glibc before 2.37 has them (sysdeps/x86/dl-procinfo.c). */
export const hwcapNames = ['sse2', 'x86_64', 'avx512_1'] as const;

/** Bits of platforms in entries of ld.so.cache, as glibc before 2.33 has them (sysdeps/x86/dl-hwcap.h). */
export const platformBits: ReadonlyMap<string, bigint> = new Map([
  ['haswell', 1n << 50n],
  ['xeon_phi', 1n << 51n],
]);
