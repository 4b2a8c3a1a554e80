/**
 * What declarations of the library call a `Buffer` (scripts/lib/declarations.mjs): Node's where a consumer has `@types/node`, and else what a
 * Buffer is before all. So the types need no other package.
 */
export type Buffer = typeof globalThis extends { readonly Buffer: { readonly prototype: infer B } }
  ? B
  : Uint8Array;
