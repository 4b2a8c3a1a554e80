/** A capture against the kernel's and the platform linker's own word. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { captureOnce } from '../../src/capture/capture-once.ts';
import { packedPlacement } from '../../src/capture/placement.ts';
import { noStackLimit } from '../../src/capture/stack-limit.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { testProgram } from '../programs/build.ts';

const base = 0x2100_0000_0000;

describe.each(['threads', 'copy-relocation'])('%s', (name) => {
  const program = loadProgram(testProgram(name).path);
  const capture = captureOnce(program, {
    placement: packedPlacement(base, program.modules),
    argv: ['zero', 'one'],
    environment: { A: 'b' },
    stackLimit: noStackLimit(program),
  });

  test('every module has one region, upwards from the base in the order given', () => {
    const startOf = new Map(capture.regions.map(({ module, start }) => [module, start]));
    const movable = program.modules.filter((module) => module.elf.header.type === 3);
    const starts = movable.map((module) => startOf.get(module) ?? 0);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.every((start) => start >= base && start < base + 0x1000_0000)).toBe(true);
    expect(new Set(capture.regions.flatMap((region) => region.module?.path ?? []))).toEqual(
      new Set(program.modules.map((module) => module.path)),
    );
  });

  test('the time stamp counter was read when the linker began, and when it was done', () => {
    const { begin, end } = capture.context.ticks;
    expect(end - begin).toBeGreaterThan(0n);
    // A minute at 10 GHz.
    expect(end - begin).toBeLessThan(600_000_000_000n);
  });

  test('it stands at the instruction after call _dl_start, with the kernel’s vectors', () => {
    const linker = program.interpreter;
    const region = capture.regions.find((each) => each.module === linker);
    const offset = capture.handoff.address - (region?.loadBias ?? 0);
    const line = execFileSync('objdump', [
      '-d',
      `--start-address=${String(offset - 5)}`,
      `--stop-address=${String(offset)}`,
      linker.path,
    ]).toString();
    expect(line).toMatch(/\tcallq? /);
    expect(capture.context.argc).toBe(2);
    expect(capture.context.argv).toBe(capture.context.stackPointer + 8);
    expect(capture.context.envp).toBe(capture.context.argv + 3 * 8);
    expect(capture.context.auxv).toBe(capture.context.envp + 2 * 8);
  });

  test('rax holds the entry of the executable', () => {
    const region = capture.regions.find((each) => each.module === program.executable);
    expect(Number(capture.handoff.rax)).toBe((region?.loadBias ?? 0) + program.executable.elf.header.entry);
  });

  test('the linker registered its thread, and asked for the stack’s limit and ld.so.preload', () => {
    const { registrations, questions } = capture;
    const regions = capture.regions.filter((region) => region.kind === 'anonymous');
    const inside = (address = 0): boolean => regions.some((r) => address >= r.start && address < r.end);
    expect(
      [registrations.fsBase, registrations.threadIdAddress, registrations.rseq?.address].map(inside),
    ).toEqual([true, true, true]);
    expect(questions).toContainEqual({ kind: 'absent', path: '/etc/ld.so.preload' });
    expect(questions.filter((question) => question.kind === 'stack-limit')).toHaveLength(1);
  });

  test('no mapping is writable and executable, and RELRO is read-only', () => {
    for (const region of capture.regions)
      for (const mapping of region.mappings) {
        expect(mapping.protection & 6).not.toBe(6);
        const relro = region.module?.elf.segments.find((segment) => segment.type === 0x6474e552);
        if (relro && mapping.start === region.loadBias + relro.address - (relro.address % 4096))
          expect(mapping.protection).toBe(1);
      }
  });
});
