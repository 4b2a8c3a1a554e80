/** New bytes for PLT slots and call sites: where they lead is the only thing that changes, and their length stays. */
import type { PltSlot } from '../elf/elf-file.ts';
import type { Address } from '../util/units.ts';
import { displacement, isNear, jumpNear, jumpThrough, nearSize, padded } from './machine-code.ts';
import type { CallSite } from './module-calls.ts';

/** `addr32`: a prefix that changes nothing at a call with a displacement, as ld uses it (psABI, _GOTPCRELX_). */
const addr32 = 0x67;
const nop = 0x90;
const endbr64 = Buffer.from('f30f1efa', 'hex');

/** The site, at its address in the process, leading to `target`; undefined where that is out of reach. */
export function redirectSite(site: CallSite, code: Buffer, at: Address, target: Address): Buffer | undefined {
  if (site.kind === 'slot-call') {
    // e8 at the end, so that the return address stays.
    const end = at + site.size;
    return isNear(end, target)
      ? Buffer.concat([
          Buffer.alloc(site.size - nearSize, addr32),
          Buffer.from([0xe8]),
          displacement(end, target),
        ])
      : undefined;
  }
  if (site.kind === 'slot-jump')
    return isNear(at + nearSize, target)
      ? Buffer.concat([jumpNear(at, target), Buffer.alloc(site.size - nearSize, nop)])
      : undefined;
  return redirectOperand(site, code, at, target);
}

/** Another displacement, which is the last of the instruction. */
export function redirectOperand(
  { size }: Pick<CallSite, 'size'>,
  code: Buffer,
  at: Address,
  target: Address,
): Buffer | undefined {
  const end = at + size;
  return isNear(end, target)
    ? Buffer.concat([code.subarray(0, size - 4), displacement(end, target)])
    : undefined;
}

export function isJump({ kind }: CallSite): boolean {
  return kind !== 'call' && kind !== 'slot-call';
}

export function readsSlot({ kind }: CallSite): boolean {
  return kind === 'slot-call' || kind === 'slot-jump';
}

/** A PLT slot that jumps to `target`, or through a word there. It keeps an endbr64 at its beginning. */
export function redirectPlt(
  { size }: PltSlot,
  code: Buffer,
  at: Address,
  target: Address,
  through: boolean,
): Buffer | undefined {
  const mark = code.subarray(0, 4).equals(endbr64) ? endbr64 : Buffer.alloc(0);
  const jumpAt = at + mark.length;
  if (!isNear(jumpAt + (through ? 6 : nearSize), target)) return undefined;
  return padded(size, mark, through ? jumpThrough(jumpAt, target) : jumpNear(jumpAt, target));
}
