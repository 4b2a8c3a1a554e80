/** Of a prepared module: what stands in a word that is 0 in its file, until ld.so relocates that as the first one. */
export const openedStates = {
  /** It is mapped, and not relocated. */
  prepared: 1,
  /** It is as if it had never been prepared. */
  givenBack: 2,
} as const;
