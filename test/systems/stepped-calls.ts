/** Counts calls between modules by looking at each instruction that a process executes from its handoff point on. */
import { execFileSync } from 'node:child_process';
import { Tracee } from '../../src/capture/ptrace.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import type { BoundImage } from '../../src/pipeline.ts';
import { runToHandoff } from '../image/follow-loader.ts';
import { moduleRows } from '../image/module-rows.ts';

interface Loaded {
  readonly start: number;
  readonly end: number;
  /** Addresses of GOT slots, as readelf has them. */
  readonly slots: ReadonlySet<number>;
}

export interface SteppedCalls {
  /** Through a GOT slot of one module to another module. */
  readonly calls: number;
  readonly instructions: number;
}

/** Of a process whose calls are as they were compiled, and whose modules can all move. */
export function stepCalls({ file }: BoundImage): SteppedCalls {
  const plan = readPlan(`${file}.image`);
  const modules = moduleRows(plan).map((row) =>
    loadedModule(plan.text(row.path ?? 0n), Number(row.address), Number(row.length)),
  );
  const moduleOf = (address: number): Loaded | undefined =>
    modules.find(({ start, end }) => address >= start && address < end);
  const tracee = Tracee.start({ file, argv: [file], environment: {}, quiet: true });
  try {
    runToHandoff(tracee, plan);
    const known = new Map<number, Loaded | undefined>();
    let [calls, instructions] = [0, 0];
    let caller: Loaded | undefined;
    for (let stop = tracee.step(); stop.kind === 'trap'; stop = tracee.step(), instructions++) {
      const rip = tracee.registers().number('rip');
      if (caller) {
        const callee = moduleOf(rip);
        if (callee && callee !== caller) calls++;
      }
      if (!known.has(rip)) known.set(rip, callerAt(rip, moduleOf(rip), tracee));
      caller = known.get(rip);
    }
    return { calls, instructions };
  } finally {
    tracee.end();
  }
}

/** The module, where the instruction calls or jumps through one of its slots: prefixes, ff 15 or ff 25, displacement. */
function callerAt(rip: number, module: Loaded | undefined, tracee: Tracee): Loaded | undefined {
  if (!module) return undefined;
  const bytes = tracee.read(rip, 12);
  const prefixes = new Set([0xf2, 0x3e, 0x66, 0x48]);
  let at = 0;
  while (prefixes.has(bytes[at]!)) at++;
  if (bytes[at] !== 0xff || (bytes[at + 1] !== 0x15 && bytes[at + 1] !== 0x25)) return undefined;
  const slot = rip + at + 6 + bytes.readInt32LE(at + 2);
  return module.slots.has(slot) ? module : undefined;
}

function loadedModule(path: string, start: number, length: number): Loaded {
  const text = execFileSync('readelf', ['-rW', path], { encoding: 'utf8' });
  const slots = [...text.matchAll(/^([0-9a-f]{16}) +[0-9a-f]+ R_X86_64_(?:JUMP_SLOT|GLOB_DAT)/gm)];
  return { start, end: start + length, slots: new Set(slots.map(([, at = '']) => start + parseInt(at, 16))) };
}
