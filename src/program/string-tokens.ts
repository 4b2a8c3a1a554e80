/** Dynamic string tokens in search paths and DT_NEEDED: ld.so(8), 'Dynamic string tokens'. */

export interface Tokens {
  /** `$ORIGIN`: the directory of the object. */
  readonly origin: string;
  /** `$LIB` and `$PLATFORM`; undefined where the linker knows none. */
  readonly lib: string | undefined;
  readonly platform: string | undefined;
}

const token = /\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM)(?![A-Za-z0-9_]))/g;

/**
 * `text` with its tokens replaced; empty where a token has no value, which makes glibc drop the path
 * (`_dl_dst_substitute` of elf/dl-load.c).
 */
export function replaceTokens(text: string, tokens: Tokens): string {
  const values: Record<string, string | undefined> = {
    ORIGIN: tokens.origin,
    LIB: tokens.lib,
    PLATFORM: tokens.platform,
  };
  const found = Array.from(text.matchAll(token), ([, braced, bare]) => values[(braced ?? bare)!]);
  if (found.includes(undefined)) return '';
  return text.replace(token, () => found.shift()!);
}
