import type { Address } from '../util/units.ts';
import type { Tracee } from './ptrace.ts';

const longest = 4096;
const step = 64;

/** A string of C in a tracee's memory. Nothing is read behind the part of 64 bytes in which it ends. */
export function readText(tracee: Tracee, address: Address): string {
  let text = Buffer.alloc(0);
  while (text.length < longest) {
    const part = tracee.read(address + text.length, step - ((address + text.length) % step));
    const end = part.indexOf(0);
    text = Buffer.concat([text, end < 0 ? part : part.subarray(0, end)]);
    if (end >= 0) break;
  }
  return text.toString();
}
