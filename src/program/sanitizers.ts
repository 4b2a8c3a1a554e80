/**
 * Sanitizers that know where memory may be: their runtimes end a program that has mappings outside of the ranges in which ld.so
 * and the kernel put them, and an image lies outside on purpose (compiler-rt: tsan_platform.h, msan.h, hwasan_mapping.h, dfsan_platform.h).
 * ASan, LSan and UBSan take any place that their shadow leaves free.
 */
import { symbolName } from '../elf/symbol-name.ts';
import { Refusal } from '../util/errors.ts';
import type { Module } from './program.ts';

/** The function that every instrumented module calls first: in a shared runtime, or in an executable that exports its own. */
const runtimes = [
  ['ThreadSanitizer', symbolName('__tsan_init')],
  ['MemorySanitizer', symbolName('__msan_init')],
  ['HWAddressSanitizer', symbolName('__hwasan_init')],
  ['DataFlowSanitizer', symbolName('dfsan_set_label')],
] as const;

/** Throws Refusal naming the sanitizer and the module that has it. */
export function refuseSanitized(modules: readonly Module[]): void {
  for (const { path, elf } of modules)
    for (const [sanitizer, name] of runtimes)
      if (elf.symbols.find(name, () => true) !== 0)
        throw new Refusal(`${sanitizer} (in ${path}) wants memory in certain ranges, where no image is`);
}
