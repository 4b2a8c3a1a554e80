/**
 * Tells call sites from what only looks like one. `.eh_frame` says where functions begin and end; an instruction that
 * is reached from the beginning of its function, in a function that is code from there to its end, is one.
 * A function is decoded only where it has a candidate, and wholly: half of one says nothing of data in the other half.
 */
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';
import type { FunctionRange } from '../elf/elf-file.ts';
import { firstFrom } from '../util/search.ts';
import type { Vaddr } from '../util/units.ts';
import type { Candidate } from './candidates.ts';
import type { Code } from './code.ts';
import { areHarmless } from './prefixes.ts';

/**
 * The address of the instruction that a candidate is; or that decoding did not land on it, or only from some of several
 * ranges that overlap; or that a function with it cannot be decoded. Undefined: it is in no function.
 */
export type Verdict = Vaddr | 'missed' | 'undecodable' | undefined;

/** More is no function; the decoder copies what it decodes. */
const largestFunction = 2 ** 26;

let decoderLibrary: typeof Iced | undefined;

/** Loaded when first needed: it is WebAssembly, which takes as long as the start of Node itself, and most commands decode nothing. */
function iced(): typeof Iced {
  return (decoderLibrary ??= createRequire(import.meta.url)('iced-x86') as typeof Iced);
}

/** A verdict for each candidate; these are ascending by opcode. Ranges outside of the code are passed over. */
export function decodeFunctions(
  code: readonly Code[],
  ranges: readonly FunctionRange[],
  candidates: readonly Candidate[],
): Verdict[] {
  const verdicts = new Array<Verdict>(candidates.length).fill(undefined);
  const instruction = new (iced().Instruction)();
  try {
    for (const range of ranges) {
      const [first, last] = candidatesIn(range, candidates);
      if (first === last) continue;
      const bytes = bytesOf(range, code);
      if (bytes === undefined) continue;
      const own = candidates.slice(first, last);
      const found = decode({ address: range.address, bytes }, own, instruction);
      for (const [i] of own.entries())
        verdicts[first + i] = both(verdicts[first + i], found ? found[i] : 'undecodable');
    }
  } finally {
    instruction.free();
  }
  return verdicts;
}

/** Candidates of which the range has a byte, from the first to before the last. */
function candidatesIn({ address, size }: FunctionRange, candidates: readonly Candidate[]): [number, number] {
  let first = firstCandidate(candidates, address - longest);
  while (first < candidates.length && candidates[first]!.end <= address) first++;
  return [first, Math.max(first, firstCandidate(candidates, address + size))];
}

/** Bytes of a candidate. */
const longest = 6;

/** Index of the first candidate whose opcode is not below `address`. */
function firstCandidate(candidates: readonly Candidate[], address: Vaddr): number {
  return firstFrom(0, candidates.length, (index) => candidates[index]!.opcode >= address);
}

function bytesOf({ address, size }: FunctionRange, code: readonly Code[]): Uint8Array | undefined {
  const piece = code.find(
    (each) => address >= each.address && address + size <= each.address + each.bytes.length,
  );
  return piece?.bytes.subarray(address - piece.address, address + size - piece.address);
}

/** Verdicts of one function's candidates; undefined where its bytes are not instructions to the end. */
function decode(
  { address, bytes }: Code,
  candidates: readonly Candidate[],
  instruction: Iced.Instruction,
): Verdict[] | undefined {
  if (bytes.length > largestFunction) return undefined;
  const { Code: Opcode, Decoder, DecoderOptions } = iced();
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  const found: Verdict[] = [];
  try {
    let opcode = candidates[0]!.opcode - address;
    for (let at = 0; at < bytes.length;) {
      decoder.decodeOut(instruction);
      if (instruction.code === Opcode.INVALID) return undefined;
      const end = at + instruction.length;
      while (opcode < end) {
        found.push(
          verdict(candidates[found.length]!, { address: address + at, bytes: bytes.subarray(at, end) }),
        );
        opcode = (candidates[found.length]?.opcode ?? Infinity) - address;
      }
      at = end;
    }
    return found;
  } finally {
    decoder.free();
  }
}

/** The first instruction that ends behind the candidate's opcode is it, or nothing is. */
function verdict({ kind, opcode, end }: Candidate, { address, bytes }: Code): Verdict {
  if (end !== address + bytes.length || opcode < address) return 'missed';
  return areHarmless(bytes.subarray(0, opcode - address), kind) ? address : 'missed';
}

/** Of ranges that overlap, all must agree. */
function both(known: Verdict, added: Verdict): Verdict {
  if (known === undefined || known === added) return added;
  return known === 'undecodable' || added === 'undecodable' ? 'undecodable' : 'missed';
}
