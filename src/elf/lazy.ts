/** A value that is made when first asked for, and kept. What `make` throws is thrown again each time. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
