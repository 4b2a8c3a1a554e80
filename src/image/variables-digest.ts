/**
 * By what a launcher finds its form for the variables of a process: a sum, in which their order makes no difference. native/check.h
 * computes the same. Only the plan's texts decide.
 */
import type { Variables } from '../program/environment.ts';

/** FNV-1a of 64 bits. */
const basis = 0xcbf29ce484222325n;
const factor = 0x100000001b3n;

/** 0 where none is set. */
export function variablesDigest(variables: Variables): bigint {
  return variables.reduce((sum, text) => BigInt.asUintN(64, sum + digestOf(text)), 0n);
}

/** Of one text. */
export function digestOf(text: string): bigint {
  let digest = basis;
  for (const byte of Buffer.from(text)) digest = BigInt.asUintN(64, (digest ^ BigInt(byte)) * factor);
  return digest;
}
