/**
 * For what must be there: a miss is a bug of linkonce, and ends with an error that names it. A zero in its place would go on as an
 * address, or as a length, and nobody would know.
 */

/** `value`, which is there; `what` names it for whoever reads the error. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}

/**
 * An element that is there. In a loop over millions, whose head bounds the index, `array[index]!` says as much: one function for
 * arrays of all kinds is slower there.
 */
export function at<T>(array: ArrayLike<T>, index: number, what = 'element'): T {
  const value = array[index];
  if (value === undefined) throw new Error(`there is no ${what} ${index} of ${array.length}`);
  return value;
}
