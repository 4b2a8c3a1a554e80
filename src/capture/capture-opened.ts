/**
 * Has ld.so itself open modules in a process of the program (opening-process.ts), and reads what it made of them. Which others each of
 * them needs is so its own answer, too.
 */
import { PF, PT } from '../elf/constants.ts';
import type { ElfFile } from '../elf/elf-file.ts';
import { readElf } from '../elf/read-elf.ts';
import type { Program } from '../program/program.ts';
import { present } from '../util/present.ts';
import { fileOf, loadBiases, moduleOf } from './load-biases.ts';
import type { Failed } from './open-all.ts';
import { openAll } from './open-all.ts';
import type { OpenedCapture, OpenedMemory } from './opened-capture.ts';
import type { OpeningProcess } from './opening-process.ts';
import type { Tracee } from './ptrace.ts';

/** How long ld.so may take to open a module. The largest that are known take half a second. */
const usualLimitMs = 30_000;

/** `roots` are absolute paths, or names that dlopen(3) finds where the executable calls it. Throws LinkonceError where the program does not come to its handoff point. */
export function captureOpened(
  program: Program,
  roots: readonly string[],
  limitMs: number = usualLimitMs,
): OpenedCapture {
  const { seen, failed } = openAll(program, roots, limitMs, (process) => ({
    loadBiases: loadBiases(program, process),
    modules: readOpened(program, process),
  }));
  return { ...(seen ?? { loadBiases: new Map(), modules: [] }), failed };
}

/** What ld.so opened for `roots`. */
export interface OpenedList {
  /** Absolute paths by which ld.so opened these and their dependencies, in its order; none of the program's own. */
  readonly modules: readonly string[];
  readonly failed: readonly Failed[];
}

/** The same without their memory. */
export function listOpened(
  program: Program,
  roots: readonly string[],
  limitMs: number = usualLimitMs,
): OpenedList {
  const { seen, failed } = openAll(program, roots, limitMs, openedFiles);
  return { modules: (seen ?? []).map(({ file }) => file), failed };
}

function openedFiles(process: OpeningProcess): { readonly file: string; readonly loadBias: number }[] {
  return process.finish().map((map) => ({
    file: present(fileOf(map, process.tracee.pid), `file of an opened module`),
    loadBias: map.loadBias,
  }));
}

function readOpened(program: Program, process: OpeningProcess): OpenedMemory[] {
  return openedFiles(process).map(({ file, loadBias }) => {
    const known = moduleOf(program.opened, file);
    return {
      path: known?.path ?? file,
      loadBias,
      segments: readSegments(process.tracee, known?.elf ?? readElf(file), loadBias),
    };
  });
}

function readSegments(tracee: Tracee, elf: ElfFile, loadBias: number): OpenedMemory['segments'] {
  return elf.segments
    .filter(({ type, flags }) => type === PT.LOAD && (flags & PF.W) !== 0)
    .map(({ address, fileSize }) => ({ address, bytes: tracee.read(loadBias + address, fileSize) }));
}
