/** What glibc's ld.so has compiled in or learns from the processor, and that decides where it looks for libraries. */
export interface LinkerFacts {
  /** Default search directories, with a closing slash, in order. */
  readonly systemDirectories: readonly string[];
  /** What `$LIB` stands for. */
  readonly lib: string;
  /** What `$PLATFORM` stands for. */
  readonly platform: string;
  /** The glibc-hwcaps directories that this processor can use, best first: `x86-64-v3`, `x86-64-v2`. */
  readonly hwcaps: readonly string[];
  /** Directories as before glibc 2.33 (`tls`, `haswell`), and what selects their entries in the cache; gone in 2.37. */
  readonly legacy: LegacyCapabilities | undefined;
}

export interface LegacyCapabilities {
  /** The subdirectories of each search directory, in order, with a closing slash. */
  readonly subdirectories: readonly string[];
  /** Capability bits of cache entries that this processor has. */
  readonly hwcap: bigint;
  /** The bit of this processor's platform in cache entries; undefined where it has none. */
  readonly platformBit: bigint | undefined;
}
