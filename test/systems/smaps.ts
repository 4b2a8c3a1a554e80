/** What proc(5) says of each mapping of a process that has come to its exit. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { Tracee } from '../../src/capture/ptrace.ts';
import type { Image } from '../../src/image/image.ts';
import { bringToMoment } from '../../src/measure/moment.ts';
import { patienceMs } from '../patience.ts';

export interface Smap {
  readonly start: number;
  readonly end: number;
  /** `r-xp` */
  readonly rights: string;
  /** In its file, bytes. */
  readonly offset: number;
  /** Of its file; empty for anonymous memory. */
  readonly name: string;
  /** Pages. */
  readonly privateDirty: number;
}

/** Runs a program to its exit, and answers what `look` does of the process there. */
export async function atExit<T>({ file }: Pick<Image, 'file'>, look: (tracee: Tracee) => T): Promise<T> {
  const tracee = Tracee.start({ file, argv: [file], environment: {}, quiet: true });
  try {
    const [traveller] = await bringToMoment([{ tracee }], { moment: 'exit', limitMs: patienceMs });
    expect(traveller).toMatchObject({ state: 'reached', executedAnother: false });
    return look(tracee);
  } finally {
    tracee.end();
  }
}

export function readSmaps({ pid }: Pick<Tracee, 'pid'>): Smap[] {
  const text = readFileSync(`/proc/${String(pid)}/smaps`, 'utf8');
  return [
    ...text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ *(.*)$((?:\n[A-Z].*)*)/gm),
  ].map(([, start = '', end = '', rights = '', offset = '', name = '', fields = '']) => ({
    start: parseInt(start, 16),
    end: parseInt(end, 16),
    rights,
    offset: parseInt(offset, 16),
    name,
    privateDirty: Number(/^Private_Dirty: +(\d+) kB$/m.exec(fields)?.[1]) / 4,
  }));
}
