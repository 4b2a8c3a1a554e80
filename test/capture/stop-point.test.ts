/** Stopping a traced program at an address, by both ways, and what each leaves behind. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readEntry } from '../../src/capture/auxiliary-entry.ts';
import type { Processor } from '../../src/capture/capture.ts';
import { captureOnce } from '../../src/capture/capture-once.ts';
import type { CaptureSetup } from '../../src/capture/capture-once.ts';
import { readProcessor } from '../../src/capture/injection.ts';
import { readMaps } from '../../src/capture/memory-map.ts';
import { PageMap } from '../../src/capture/page-map.ts';
import { packedPlacement } from '../../src/capture/placement.ts';
import { noStackLimit } from '../../src/capture/stack-limit.ts';
import type { Stop } from '../../src/capture/ptrace.ts';
import { Tracee } from '../../src/capture/ptrace.ts';
import type { Mechanism } from '../../src/capture/stop-point.ts';
import { chooseMechanism, doesFire, mechanisms, runTo, stopAt } from '../../src/capture/stop-point.ts';
import { settleFiles } from '../../src/measure/files.ts';
import { weighProcesses } from '../../src/measure/memory.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { pageSize, roundDown } from '../../src/util/units.ts';
import { compileProgram } from '../measure/compile.ts';
import { patienceMs } from '../patience.ts';
import { testProgram } from '../programs/build.ts';

const unavailable = new Map(
  mechanisms.map((each) => [each, doesFire(each) ? undefined : `this machine has no stop by ${each}`]),
);

afterEach(() => {
  chooseMechanism(undefined);
  vi.restoreAllMocks();
});

function inProcess<T>(name: string, look: (tracee: Tracee) => T): T {
  const { path: file } = testProgram(name);
  const tracee = Tracee.start({ file, argv: [file], environment: {}, quiet: true });
  try {
    return look(tracee);
  } finally {
    tracee.end();
  }
}

/** Pages that are no longer a file's, the stack's aside. */
function ownPages({ pid }: Tracee): number[] {
  const pages = new PageMap(pid);
  const own = readMaps(pid)
    .filter(({ name }) => !name.startsWith('['))
    .flatMap(({ start, end }) => pages.read(start, end).notOfFile);
  pages.close();
  return own;
}

function captureSetup(program: ReturnType<typeof loadProgram>): CaptureSetup {
  const placement = packedPlacement(0x2100_0000_0000, program.modules);
  return { placement, argv: ['zero'], environment: {}, stackLimit: noStackLimit(program), recordStart: true };
}

describe.each(mechanisms)('by %s', (mechanism) => {
  const start = (skip: (reason: string) => void): void => {
    const reason = unavailable.get(mechanism);
    if (reason !== undefined) skip(reason);
    chooseMechanism(mechanism);
  };

  test('the process stands before the instruction, and its memory is as it was', ({ skip }) => {
    start(skip);
    inProcess('constructors', (tracee) => {
      const entry = readEntry(tracee.pid);
      const before = tracee.read(entry, 16);
      expect(runTo(tracee, entry)).toEqual({ kind: 'point' });
      expect(tracee.registers().number('rip')).toBe(entry);
      expect(tracee.read(entry, 16)).toEqual(before);
      expect(ownPages(tracee)).not.toContain(roundDown(entry));
      const pages = new PageMap(tracee.pid);
      expect(pages.read(roundDown(entry), roundDown(entry) + pageSize).ofFile).toHaveLength(1);
      pages.close();
    });
  });

  test('the program goes on from there to its end', ({ skip }) => {
    start(skip);
    inProcess('text-relocation', (tracee) => {
      expect(runTo(tracee, readEntry(tracee.pid))).toEqual({ kind: 'point' });
      expect(tracee.resume()).toEqual({ kind: 'exit' });
      expect(tracee.resume()).toEqual({ kind: 'gone', status: 0, signal: 0 });
    });
  });

  test('another trap is not taken for it', ({ skip }) => {
    start(skip);
    inProcess('constructors', (tracee) => {
      const point = stopAt(tracee, readEntry(tracee.pid));
      expect(point.meet(tracee.step())).toEqual({ kind: 'trap' });
      expect(point.meet(tracee.resume())).toEqual({ kind: 'point' });
    });
  });

  test('a page that the process itself has written to keeps what it wrote', ({ skip }) => {
    start(skip);
    inProcess('text-relocation', (tracee) => {
      const entry = readEntry(tracee.pid);
      expect(runTo(tracee, entry)).toEqual({ kind: 'point' });
      // ld.so has relocated this page meanwhile.
      const page = roundDown(entry);
      const relocated = tracee.read(page, pageSize);
      expect(ownPages(tracee)).toContain(page);
      expect(runTo(tracee, entry + firstLength(relocated, entry - page))).toEqual({ kind: 'point' });
      expect(ownPages(tracee)).toContain(page);
      expect(tracee.read(page, pageSize)).toEqual(relocated);
    });
  });
});

/** Bytes of an entry's first instruction: `endbr64` or `xor %ebp,%ebp`. */
function firstLength(page: Buffer, at: number): number {
  return page.readUInt32BE(at) === 0xf30f1efa ? 4 : 2;
}

describe('both ways see the same', () => {
  const both = (skip: (reason: string) => void): void => {
    for (const reason of unavailable.values()) if (reason !== undefined) skip(reason);
  };
  const byEach = <T>(look: () => T): T[] =>
    mechanisms.map((mechanism: Mechanism) => {
      chooseMechanism(mechanism);
      return look();
    });

  test.for(['constructors', 'threads', 'text-relocation'])('a capture of %s', (name, { skip }) => {
    both(skip);
    const program = loadProgram(testProgram(name).path);
    const [first, second] = byEach(() => captureOnce(program, captureSetup(program)));
    expect(first!.startWrites.length).toBeGreaterThan(0);
    expect(second!.startWrites).toEqual(first!.startWrites);
    expect(second!.handoff).toEqual(first!.handoff);
    const pages = (capture: typeof first) =>
      capture!.regions.map(({ kind, written }) => [
        kind,
        written.map(({ start, bytes }) => [start, bytes.length]),
      ]);
    expect(pages(second)).toEqual(pages(first));
  });

  test('the memory of processes at their entry', async ({ skip }) => {
    both(skip);
    const { path: file } = testProgram('exceptions');
    // Compiled a moment ago? The kernel counts pages of files that are not written back yet as private.
    settleFiles(loadProgram(file).modules.map((module) => module.path));
    const command = { file, argv: [file], environment: {} };
    const weigh = async (mechanism: Mechanism) => {
      chooseMechanism(mechanism);
      const settings = { moment: 'entry', limitMs: patienceMs, space: true } as const;
      const { weights } = await weighProcesses([{ command, program: file, processes: 8 }], settings);
      const { processes } = weights[0]!;
      // The stack begins anywhere in its page, and what stands at its end may need another one: the least is no matter of luck.
      return {
        privateKb: Math.min(...processes.map(({ privateKb }) => privateKb)),
        mappings: processes[0]!.mappings,
      };
    };
    const [first, second] = [await weigh('debug-register'), await weigh('int3')];
    expect(Math.abs(second.privateKb - first.privateKb)).toBeLessThanOrEqual(4);
    expect(second.mappings).toBe(first.mappings);
  });
});

/** Right behind the instruction its answer is spoilt. */
const spoilt = `
  __asm__(".globl spoilt\\nspoilt: cpuid\\n incl %eax\\n incl %ebx\\n incl %ecx\\n incl %edx\\n"
          "xgetbv\\n incl %eax\\n incl %edx\\n ud2\\n");
  extern const char spoilt[];
  int main(void) { return spoilt[0] == 0; }`;

test('the processor is asked exactly, also where a single step ends one instruction late', () => {
  const exact = Object.getOwnPropertyDescriptor(Tracee.prototype, 'step')!.value as (this: Tracee) => Stop;
  vi.spyOn(Tracee.prototype, 'step').mockImplementation(function (this: Tracee) {
    exact.call(this);
    return exact.call(this);
  });
  const file = compileProgram('spoilt', spoilt);
  const { elf } = loadProgram(file).executable;
  const tracee = Tracee.start({ file, argv: [file], environment: {}, quiet: true, cpu: 0 });
  try {
    const text = elf.segments.find(({ type, flags }) => type === 1 && (flags & 1) === 1)!;
    const code = elf.bytes.subarray(text.offset, text.offset + text.fileSize);
    const start = readEntry(tracee.pid) - elf.header.entry + text.address;
    expect(runTo(tracee, readEntry(tracee.pid))).toEqual({ kind: 'point' });
    const asked = readProcessor(tracee, start, code);
    const { answers, xcr0 } = askLinker();
    expect(asked?.answers.map(withoutApicId)).toEqual(answers.map(withoutApicId));
    expect(asked?.xcr0).toBe(xcr0);
  } finally {
    tracee.end();
  }
});

/** By the instructions of a linker, which are followed by others. */
function askLinker(): Processor {
  const program = loadProgram(testProgram('exit').path);
  return captureOnce(program, captureSetup(program)).context.processor!;
}

type Answer = Processor['answers'][number];

/** Bits 24 to 31 of leaf 1's ebx name the processor that was asked. */
function withoutApicId({ ebx, ...rest }: Answer): Answer {
  return { ...rest, ebx: rest.leaf === 1 ? ebx % 2 ** 24 : ebx };
}
