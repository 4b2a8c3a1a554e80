/**
 * Candidates: all places whose bytes look like a call site. This looks at bytes alone, 165 MB a second, so that a decoder,
 * which needs five times as long, sees no more functions than it must. Data and the middles of other instructions may
 * look like sites, too: an opcode and a displacement that hits one of few addresses are rare by chance, but not never.
 */
import type { Vaddr } from '../util/units.ts';
import type { Code } from './code.ts';
import type { CallSiteKind } from './module-calls.ts';

export interface Candidate {
  readonly kind: CallSiteKind;
  /** Of its opcode; prefixes may stand before it. */
  readonly opcode: Vaddr;
  /** Of the byte after the displacement. */
  readonly end: Vaddr;
  /** The GOT slot through which it goes. */
  readonly slot: Vaddr;
}

/** Where sites lead: from an address to the GOT slot that it stands for. */
export interface Targets {
  /** By the first byte of a PLT slot. */
  readonly plt: ReadonlyMap<Vaddr, Vaddr>;
  /** By the GOT slot itself. */
  readonly slots: ReadonlyMap<Vaddr, Vaddr>;
}

/** Ascending by opcode, where the pieces of code are. */
export function findCandidates(code: readonly Code[], targets: Targets): Candidate[] {
  const [plt, slots] = [lookUp(targets.plt), lookUp(targets.slots)];
  const found: Candidate[] = [];
  for (const piece of code) scan(piece, plt, slots, found);
  return found;
}

/** Opcodes: Intel SDM volume 2, CALL, JMP, Jcc. A ModRM byte of 15 or 25 is an operand relative to rip, in `/2` and `/4`. */
function scan({ address, bytes }: Code, plt: LookUp, slots: LookUp, found: Candidate[]): void {
  const add = (kind: CallSiteKind, at: number, size: number, targets: LookUp): void => {
    if (at + size > bytes.length) return;
    const end = address + at + size;
    const slot = targets(end + displacement(bytes, at + size - 4));
    if (slot !== undefined) found.push({ kind, opcode: address + at, end, slot });
  };
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case 0xe8:
        add('call', at, 5, plt);
        break;
      case 0xe9:
        add('jump', at, 5, plt);
        break;
      case 0x0f:
        if (bytes[at + 1]! >> 4 === 8) add('conditional-jump', at, 6, plt);
        break;
      case 0xff:
        if (bytes[at + 1] === 0x15) add('slot-call', at, 6, slots);
        else if (bytes[at + 1] === 0x25) add('slot-jump', at, 6, slots);
        break;
      default:
    }
  }
}

function displacement(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

type LookUp = (address: Vaddr) => Vaddr | undefined;

/** Most addresses are outside of the range of all keys, and cost two comparisons. */
function lookUp(known: ReadonlyMap<Vaddr, Vaddr>): LookUp {
  let [first, last] = [Infinity, -Infinity];
  for (const key of known.keys()) {
    first = Math.min(first, key);
    last = Math.max(last, key);
  }
  return (address) => (address >= first && address <= last ? known.get(address) : undefined);
}
