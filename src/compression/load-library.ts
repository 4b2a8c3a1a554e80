/** Libraries of the system that may be missing. */
import koffi, { type LibraryHandle } from 'koffi';
import { LinkonceError } from '../util/errors.ts';

/** `debian` is the package that has it. */
export function loadLibrary(name: string, debian: string): LibraryHandle {
  try {
    return koffi.load(name);
  } catch {
    throw new LinkonceError(`${name}: cannot be loaded (Debian's package ${debian})`);
  }
}
