/**
 * The judge: what binutils say of a file, as canonical lines, a list for each table. `elf-tables.ts` writes the same
 * lines from an ElfFile.
 */
import { spawnSync } from 'node:child_process';

export type Tables = Record<string, readonly string[]>;

/** Everything of one file. Throws when the tools are missing. */
export function readelfTables(path: string): Tables {
  const text = run('readelf', ['-W', '-h', '-l', '-S', '-t', '-d', '--dyn-syms', '-n', '-V', '--', path]);
  const relocated = relocations(run('readelf', ['-W', '-D', '-r', '--', path]));
  return {
    header: header(text),
    segments: segments(text),
    interpreter: matches(text, /^ {6}\[Requesting program interpreter: (.*)\]$/gm).map(([, name]) => name!),
    sections: sections(text),
    dynamic: dynamic(text),
    symbols: symbols(text),
    notes: notes(text),
    ...relocated,
    ...plt(path, relocated),
    functionRanges: frames(path),
  };
}

/** The versions that a file defines and needs: `index name file weak`. */
export function readelfVersions(path: string): Set<string> {
  const text = run('readelf', ['-W', '-V', '--', path]);
  const versions = new Set<string>();
  let file = '';
  for (const line of text.split('\n')) {
    file = /File: (.*?) {2}Cnt: \d+$/.exec(line)?.[1] ?? file;
    const [, definedFlags, definedIndex, defined] =
      /Flags: (.*?) {2}Index: (\d+) {2}Cnt: \d+ {2}Name: (.*)$/.exec(line) ?? [];
    if (defined !== undefined) versions.add(`${definedIndex} ${defined} - ${definedFlags!.includes('WEAK')}`);
    const [, needed, flags, index] = /Name: (.*?) {2}Flags: (.*?) {2}Version: (\d+)$/.exec(line) ?? [];
    if (needed !== undefined) versions.add(`${index} ${needed} ${file} ${flags!.includes('WEAK')}`);
  }
  return versions;
}

/** The header alone, for files of any machine. */
export function readelfHeader(path: string): readonly string[] {
  return header(run('readelf', ['-W', '-h', '--', path]));
}

function run(command: string, args: readonly string[]): string {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 29,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  if (result.error) throw result.error;
  return result.stdout;
}

const matches = (text: string, pattern: RegExp): RegExpExecArray[] => [...text.matchAll(pattern)];

/** The lines from a heading to the next empty line. */
function block(text: string, heading: RegExp): string {
  const start = text.search(heading);
  if (start < 0) return '';
  const end = text.indexOf('\n\n', start);
  return text.slice(start, end < 0 ? undefined : end);
}

const bare = (hexadecimal: string): string => BigInt(`0x${hexadecimal}`).toString(16);

function header(text: string): string[] {
  const field = (name: string): string => new RegExp(`^  ${name}: +([^\\s(]+)`, 'm').exec(text)?.[1] ?? '';
  const machine =
    /^ {2}Machine: +(.*)$/m.exec(text)?.[1] === 'Advanced Micro Devices X86-64' ? 62 : 'foreign';
  return [
    ...['Class', 'Type', 'Entry point address', 'Start of program headers', 'Start of section headers'],
    ...['Flags', 'Size of program headers', 'Number of program headers', 'Size of section headers'],
    ...['Number of section headers', 'Section header string table index'],
  ]
    .map((name) => `${name} ${field(name)}`)
    .concat(`Machine ${machine}`);
}

function segments(text: string): string[] {
  const number = '0x([0-9a-f]+)';
  const row = new RegExp(
    `^  (\\S+) +${number} ${number} 0x[0-9a-f]+ ${number} ${number} (.{3}) (?:0x)?([0-9a-f]+)$`,
    'gm',
  );
  return matches(block(text, /^Program Headers:/m), row).map(
    ([, type, offset, address, fileSize, memorySize, flags, alignment]) =>
      [
        type,
        ...[offset, address, fileSize, memorySize].map((part) => bare(part!)),
        flags!.replace(/ /g, ''),
        bare(alignment!),
      ].join(' '),
  );
}

/** `-t` gives three lines a section: name; type, place and links; flags. */
function sections(text: string): string[] {
  const row =
    /^ {2}\[ *\d+\] (.*)\n {7}(\S.*?) +([0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) +(\d+) +(\d+) +(\d+)\n {7}\[([0-9a-f]+)\]/gm;
  return matches(text, row).map(
    ([, name, type, address, offset, size, entrySize, link, info, alignment, flags]) =>
      [
        name,
        type,
        ...[address, offset, size, entrySize].map((part) => bare(part!)),
        link,
        info,
        alignment,
        bare(flags!),
      ].join(' '),
  );
}

function dynamic(text: string): string[] {
  const rows = matches(block(text, /^Dynamic section at/m), /^ 0x([0-9a-f]{16}) \(.*?\) +(.*)$/gm);
  return rows
    .filter(([, tag]) => bare(tag!) !== '0')
    .map(([, tag, value]) => `${bare(tag!)} ${dynamicValue(value!)}`);
}

function dynamicValue(text: string): string {
  const name = /^(?:Shared library|Library soname|Library rpath|Library runpath): \[(.*)\]$/.exec(text);
  if (name) return name[1]!;
  const number = /^(0x[0-9a-f]+|\d+)(?: \(bytes\))?$/.exec(text);
  return number ? `0x${BigInt(number[1]!).toString(16)}` : '-';
}

function symbols(text: string): string[] {
  const row =
    /^ *(\d+): ([0-9a-f]{16}) +(\S+) (<OS specific>: \d+|.{7}) (<OS specific>: \d+|.{6}) (\S+) +(?:\[[^\]]*\] )? *(\S+) ?(.*)$/gm;
  return matches(block(text, /^Symbol table '\.dynsym'/m), row).map(
    ([, index, value, size, rawType, binding, visibility, section, name]) => {
      const type = rawType!.trim().replace('<OS specific>: 10', 'IFUNC');
      const words = [type, binding!.trim().replace('<OS specific>: 10', 'UNIQUE'), visibility, section];
      return [index, bare(value!), Number(size), ...words, type === 'SECTION' ? '' : name].join(' ');
    },
  );
}

/** Those of sections that are in a PT_NOTE. Sorted: segments and sections may have different orders. */
function notes(text: string): string[] {
  const segments = matches(text, /^ {2}NOTE +0x[0-9a-f]+ 0x([0-9a-f]+) 0x[0-9a-f]+ 0x([0-9a-f]+)/gm);
  const ranges = segments.map(([, address, size]) => [parseInt(address!, 16), parseInt(size!, 16)] as const);
  const loaded = new Set(
    matches(text, /^ {2}\[ *\d+\] (.*)\n {7}NOTE +([0-9a-f]{16}) /gm)
      .filter(([, , at]) =>
        ranges.some(([from, size]) => parseInt(at!, 16) - from >= 0 && parseInt(at!, 16) - from < size),
      )
      .map(([, name]) => name),
  );
  return matches(text, /^Displaying notes found in: (.*)\n(?:.+\n?)*/gm)
    .filter(([, name]) => loaded.has(name))
    .flatMap(([body]) => matches(body, /^ {2}(\S.*?) +0x([0-9a-f]{8})\t.*?(?:Build ID: ([0-9a-f]+))?$/gm))
    .map(([, owner, size, buildId]) => `${owner} ${bare(size!)} ${buildId ?? ''}`)
    .sort();
}

function relocations(text: string): Tables {
  const tables: Record<string, string[]> = { relr: [], rela: [], rel: [], jmprel: [] };
  for (const part of text.split(/^(?=')/m)) {
    const name = /^'(\w+)' relocation section/.exec(part)?.[1];
    if (name === 'RELR')
      tables.relr = matches(part, /^([0-9a-f]{16})$/gm).map(([, address]) => bare(address!));
    if (name === 'RELA') tables.rela = relocationRows(part);
    if (name === 'PLT') tables.jmprel = relocationRows(part);
  }
  return tables;
}

function relocationRows(text: string): string[] {
  const row = /^([0-9a-f]{16}) {2}([0-9a-f]{16}) (\S+) .*?(?:(-?)| ([+-]) )([0-9a-f]+)$/gm;
  return matches(text, row).map(
    ([, address, info, type, minus, sign, addend]) =>
      `${bare(address!)} ${bare(info!)} ${type} ${minus || sign === '-' ? '-' : ''}${bare(addend!)}`,
  );
}

/**
 * objdump names the slots from the relocations, as we do, but not in files without symbols; so the GOT slots that the
 * jumps go through are compared as well. The jump of the slot for the resolver has no relocation.
 */
function plt(path: string, relocated: Tables): Tables {
  const only = ['.plt', '.plt.got', '.plt.sec'].flatMap((name) => ['-j', name]);
  const text = run('objdump', ['-d', '-w', '--no-show-raw-insn', ...only, path]);
  const filled = new Set(
    [...relocated.rela!, ...relocated.jmprel!]
      .filter((row) => /R_X86_64_(?:GLOB_DAT|JUMP_SLOT|IRELATIVE)/.test(row))
      .map((row) => row.slice(0, row.indexOf(' '))),
  );
  const jumps = matches(text, /jmp +\*0x[0-9a-f]+\(%rip\) +# (?:0x)?([0-9a-f]+)/g).map(([, slot]) => slot!);
  const labels = matches(text, /^([0-9a-f]{16}) <(.*)@plt>:$/gm).map(
    ([, address, name]) => `${bare(address!)} ${name!.replace(/^\*ABS\*\+0x[0-9a-f]+$/, '*ABS*')}`,
  );
  const jumpLines = jumps.filter((slot) => filled.has(slot)).sort();
  return { pltJumps: jumpLines, ...(labels.length > 0 && { plt: labels.sort() }) };
}

/** FDEs of `.eh_frame` alone: `.debug_frame` has some of its own. */
function frames(path: string): string[] {
  const text = run('sh', [
    '-c',
    'readelf -W --debug-dump=frames -- "$1" | grep -E "^Contents| FDE "',
    'sh',
    path,
  ]);
  const part =
    text.split(/^(?=Contents)/m).find((each) => each.startsWith('Contents of the .eh_frame section')) ?? '';
  const ranges = matches(part, / pc=([0-9a-f]+)\.\.([0-9a-f]+)$/gm)
    .map(([, from, to]) => [Number(`0x${from}`), Number(`0x${to}`)] as const)
    .filter(([from, to]) => from !== to)
    .sort(([a, b], [c, d]) => a - c || b - d)
    .map(([from, to]) => `${from.toString(16)} ${(to - from).toString(16)}`);
  return ranges.filter((range, i) => range !== ranges[i - 1]);
}
