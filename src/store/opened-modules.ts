/** What programs of a store open with dlopen(3): files that may be gone, or not be readable, while the programs themselves are well. */
import type { ReadModule } from '../program/read-module.ts';
import { attempt } from '../util/outcome.ts';
import { statusOf } from '../util/status.ts';
import { describeSystemError, isSystemError } from '../util/system-errors.ts';
import type { UnpreparedModule } from './catalogue.ts';

export interface ReadOpened {
  readonly readable: readonly string[];
  /** That are there, but cannot be read now. */
  readonly unread: readonly UnpreparedModule[];
}

/** Those that are gone are in neither list. */
export function readWhereAble(files: readonly string[], read: ReadModule): ReadOpened {
  const outcomes = files.map((file) => ({ path: file, reason: whyNotReadable(file, read) }));
  return {
    readable: outcomes.flatMap(({ path, reason }) => (reason === undefined ? [path] : [])),
    unread: outcomes.flatMap(({ path, reason }) =>
      reason === undefined || statusOf(path) === undefined ? [] : [{ path, reason }],
    ),
  };
}

/** One line; undefined where it can be read. */
export function whyNotReadable(file: string, read: ReadModule): string | undefined {
  try {
    const outcome = attempt(() => read(file));
    return 'failure' in outcome ? outcome.failure.message : undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return describeSystemError(error);
  }
}
