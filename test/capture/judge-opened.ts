/**
 * What ordinary processes have in the memory of modules that they opened: a plug-in, opened last, writes it to a file. Words are
 * compared by what they mean, since no module is at the same address in two processes.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { captureOpened } from '../../src/capture/capture-opened.ts';
import type { OpenedCapture } from '../../src/capture/opened-capture.ts';
import { moduleSpan } from '../../src/capture/module-span.ts';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { PF, PT } from '../../src/elf/constants.ts';
import { cachedReader } from '../../src/program/read-module.ts';
import type { Program } from '../../src/program/program.ts';
import { hex, pageSize, roundUp } from '../../src/util/units.ts';
import { folder, plugIn } from './plug-ins.ts';

const dumpFile = path.join(folder, 'dump');

/** A constructor writes of each module but the vdso: its name, its load bias, and its writable segments. */
export const dumper = plugIn(
  'dumper',
  `#define _GNU_SOURCE
  #include <link.h>
  #include <stdio.h>
  static int dump(struct dl_phdr_info *info, size_t size, void *file) {
    fprintf(file, "module %lx %s\\n", (long)info->dlpi_addr, info->dlpi_name);
    for (int i = 0; i < info->dlpi_phnum; i++) {
      const ElfW(Phdr) *each = &info->dlpi_phdr[i];
      if (each->p_type != PT_LOAD || !(each->p_flags & PF_W)) continue;
      fprintf(file, "segment %lx %lx\\n", (long)each->p_vaddr, (long)each->p_filesz);
      fwrite((char *)info->dlpi_addr + each->p_vaddr, 1, each->p_filesz, file);
    }
    return 0;
  }
  __attribute__((constructor)) static void start(void) {
    FILE *file = fopen("${dumpFile}", "w");
    dl_iterate_phdr(dump, file);
    fclose(file);
  }`,
);

/** Opens what is named, as the capture does: first all that can be with RTLD_NOW. */
export const openerSource = `
  #include <dlfcn.h>
  #include <stdlib.h>
  int main(int count, char **names) {
    char *failed = calloc(count, 1);
    for (int i = 1; i < count; i++) failed[i] = !dlopen(names[i], RTLD_NOW);
    for (int i = 1; i < count; i++) if (failed[i]) dlopen(names[i], RTLD_LAZY);
    return !dlopen("${dumper}", RTLD_NOW);
  }`;

interface Memory {
  readonly loadBias: number;
  readonly segments: readonly { readonly address: number; readonly bytes: Buffer }[];
}
/** A program and its arguments. */
type Command = readonly [string, ...string[]];
type Modules = ReadonlyMap<string, Memory>;

/** Of a process that ends after it has opened the dumper. Perl opens modules with RTLD_NOW where it is told to. */
function dumpOf(command: Command): Modules {
  const [file, ...args] = command;
  execFileSync(file, args, {
    env: { PATH: '/usr/bin:/bin', PERL_DL_NONLAZY: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const bytes = readFileSync(dumpFile);
  const modules = new Map<string, { loadBias: number; segments: { address: number; bytes: Buffer }[] }>();
  let last: Memory['segments'][number][] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\n', at);
    const [kind, number = '', rest = ''] = bytes.toString('utf8', at, end).split(' ');
    at = end + 1;
    if (kind === 'module') {
      last = [];
      modules.set(rest, { loadBias: parseInt(number, 16), segments: last });
    } else {
      const size = parseInt(rest, 16);
      last.push({ address: parseInt(number, 16), bytes: bytes.subarray(at, at + size) });
      at += size;
    }
  }
  return modules;
}

/** The same of a capture; the program's own modules without memory. */
function capturedModules({ modules, loadBiases }: OpenedCapture, { executable }: Program): Modules {
  return new Map<string, Memory>([
    ...[...loadBiases].map(
      ([name, loadBias]) => [name === executable.path ? '' : name, { loadBias, segments: [] }] as const,
    ),
    ...modules.map(({ path: name, ...memory }) => [name, memory] as const),
  ]);
}

const read = cachedReader();
/** Above what is a number, below the kernel's half. */
const lowestAddress = 0x100_0000_0000;

/** Says what a word is: a place in a module, a place elsewhere (of the vdso: only what a page keeps), or a number. */
function reader(modules: Modules, executable: string): (word: bigint) => string {
  const spans = [...modules].flatMap(([name, { loadBias }]) => {
    if (!name.includes('/') && name !== '') return [];
    const { start, end } = moduleSpan(read(name || executable));
    return [{ name, loadBias, start: loadBias + start, end: loadBias + end }];
  });
  return (word) => {
    const value = Number(word);
    const span = spans.find(({ start, end }) => value >= start && value < end);
    if (span !== undefined) return `${span.name}+${hex(value - span.loadBias)}`;
    return value >= lowestAddress && value < 2 ** 47 ? `elsewhere+${hex(value % pageSize)}` : hex(word);
  };
}

interface Comparison {
  readonly compared: number;
  /** `module+place: captured, other`. */
  readonly different: readonly string[];
}

/** Of the words of opened modules: all of them, or those that relocations write to. */
function compareWords(
  captured: Modules,
  other: Modules,
  { executable }: Program,
  which: (elf: ElfFile) => readonly number[],
): Comparison {
  const [sayCaptured, sayOther] = [captured, other].map((modules) => reader(modules, executable.path));
  const different: string[] = [];
  let compared = 0;
  for (const [name, { segments }] of captured) {
    if (segments.length === 0) continue;
    for (const address of which(read(name).elf)) {
      const [one, two] = [wordAt(segments, address), wordAt(other.get(name)!.segments, address)];
      if (one === undefined || two === undefined) continue;
      compared++;
      const words = [sayCaptured!(one), sayOther!(two)];
      if (words[0] !== words[1])
        different.push(`${path.basename(name)}+${hex(address)}: ${words.join(', ')}`);
    }
  }
  return { compared, different };
}

function wordAt(segments: Memory['segments'], at: number): bigint | undefined {
  const segment = segments.find(({ address, bytes }) => at >= address && at + 8 <= address + bytes.length);
  return segment?.bytes.readBigUInt64LE(at - segment.address);
}

/** Every whole word of the writable segments. But for the second of DT_PLTGOT, where ld.so keeps the address of its link map. */
export function allWords({ segments, dynamic }: ElfFile): number[] {
  return segments
    .filter(({ type, flags }) => type === PT.LOAD && (flags & PF.W) !== 0)
    .flatMap(({ address, fileSize }) => {
      const start = roundUp(address, 8);
      return Array.from({ length: Math.floor((address + fileSize - start) / 8) }, (_, i) => start + i * 8);
    })
    .filter((address) => address !== (dynamic?.pltGot ?? 0) + 8);
}

export function relocatedWords({ relocations }: ElfFile): number[] {
  return relocations.map(({ address }) => address);
}

/** Of a capture, and of an ordinary process of the same program, or another command that opens the same. */
export function judge(
  program: Program,
  roots: readonly string[],
  which: (elf: ElfFile) => readonly number[],
  command: Command = [program.path, ...roots],
): Comparison & { readonly capture: OpenedCapture } {
  const capture = captureOpened(program, roots);
  const comparison = compareWords(capturedModules(capture, program), dumpOf(command), program, which);
  return { ...comparison, capture };
}
