/**
 * The judge of call sites: what objdump shows of the same file. Its slots are readelf's, its PLT is objdump's; only the
 * function ranges are ours, which `test/elf` compares with readelf's.
 */
import { spawnSync } from 'node:child_process';
import { readCalls } from '../../src/calls/read-calls.ts';
import type { CallSiteKind } from '../../src/calls/module-calls.ts';
import type { ElfFile, FunctionRange } from '../../src/elf/elf-file.ts';
import { readElf } from '../../src/elf/read-elf.ts';

export interface CallComparison {
  /** A line for each site that only one of both has. */
  readonly differences: readonly string[];
  /** Of ours, by kind. */
  readonly sites: Readonly<Record<CallSiteKind, number>>;
  readonly left: { readonly undecodable: number; readonly unreached: number };
}

/** Reads `path` both ways; a site is `address size kind slot`. */
export function compareCalls(path: string): CallComparison {
  const elf = readElf(path);
  const { sites, left } = readCalls(elf);
  const ours = new Map(sites.map((site) => [siteLine(site), site]));
  const judge = judgeOf(elf);
  const theirs = judge(undefined);
  const differences = [...apart(theirs, ours), ...apart(ours, theirs)]
    .filter((site) => !isSettled(site, elf, ours, judge))
    .map((site) => `${ours.has(siteLine(site)) ? 'extra' : 'missing'}: ${siteLine(site)}`);
  return { differences, sites: countByKind(sites), left };
}

type Sites = ReadonlyMap<string, Site>;

function apart(some: Sites, others: Sites): Site[] {
  return [...some].filter(([line]) => !others.has(line)).map(([, site]) => site);
}

/**
 * objdump goes through a whole section: where data stands between two functions it may come to the second one's middle.
 * So it is asked once more, from the function's beginning.
 */
function isSettled(site: Site, elf: ElfFile, ours: Sites, judge: Judge): boolean {
  const line = siteLine(site);
  const around = elf.functionRanges.filter((range) => isIn([range], site));
  return around.length > 0 && around.every((range) => judge(range).has(line) === ours.has(line));
}

function countByKind(sites: readonly Site[]): CallComparison['sites'] {
  const counts = { call: 0, jump: 0, 'conditional-jump': 0, 'slot-call': 0, 'slot-jump': 0 };
  for (const { kind } of sites) counts[kind]++;
  return counts;
}

interface Site {
  readonly address: number;
  readonly size: number;
  readonly kind: CallSiteKind;
  readonly slot: number;
}

const siteLine = ({ address, size, kind, slot }: Site): string =>
  `${address.toString(16)} ${size} ${kind} ${slot.toString(16)}`;

/** All sites inside functions; with a range, what objdump finds from its beginning to its end. */
type Judge = (range: FunctionRange | undefined) => Sites;

function judgeOf(elf: ElfFile): Judge {
  const jumps = pltJumps(elf.path);
  const slots = functionSlots(elf.path, new Set(jumps.values()));
  const covered = merged(elf.functionRanges);
  const plt = elf.sections.filter(({ name }) => /^\.plt(\.got|\.sec)?$/.test(name));
  const pattern = String.raw`@plt>$|(call|jmp) +\*-?0x[0-9a-f]+\(%rip\)`;
  return (range) => {
    const [from, to] = range ? [range.address, range.address + range.size] : [0, Number.MAX_SAFE_INTEGER];
    const command = 'objdump -d -w --start-address="$1" --stop-address="$2" -- "$3" | grep -E "$4"';
    const text = run('sh', ['-c', command, 'sh', String(from), String(to), elf.path, pattern]);
    const sites = text
      .split('\n')
      .map((line) => siteOf(line, jumps))
      .filter((site) => site !== undefined)
      .filter((site) => slots.has(site.slot) && isIn(covered, site) && !isIn(plt, site));
    return new Map(sites.map((site) => [siteLine(site), site]));
  };
}

const instruction =
  /^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(?:[\w.]+ )*?(call|j[a-z]+)(?:,p[nt])? +(?:([0-9a-f]+) <|\*-?0x[0-9a-f]+\(%rip\) +# (?:0x)?([0-9a-f]+))/;

/** Jumps with a displacement of one byte are no sites. */
function siteOf(line: string, jumps: ReadonlyMap<number, number>): Site | undefined {
  const [, address, bytes, mnemonic, target, operand] = instruction.exec(line) ?? [];
  if (address === undefined || bytes === undefined) return undefined;
  const size = bytes.trim().split(' ').length;
  const place = { address: parseInt(address, 16), size };
  if (operand !== undefined)
    return { ...place, kind: mnemonic === 'call' ? 'slot-call' : 'slot-jump', slot: parseInt(operand, 16) };
  const slot = jumps.get(parseInt(target!, 16));
  if (slot === undefined || size < 5) return undefined;
  const kind = mnemonic === 'call' ? 'call' : mnemonic === 'jmp' ? 'jump' : 'conditional-jump';
  return { ...place, kind, slot };
}

/** PLT slots by their first instruction, with the GOT slot of their jump. */
function pltJumps(path: string): Map<number, number> {
  const only = ['.plt', '.plt.got', '.plt.sec'].flatMap((name) => ['-j', name]);
  const text = run('objdump', ['-d', '-w', '--no-show-raw-insn', ...only, '--', path]);
  const jumps = new Map<number, number>();
  let begin: number | undefined;
  for (const [, address, words] of text.matchAll(/^ *([0-9a-f]+):\t(.*)$/gm)) {
    const at = parseInt(address!, 16);
    const slot = /jmp +\*-?0x[0-9a-f]+\(%rip\) +# (?:0x)?([0-9a-f]+)/.exec(words!)?.[1];
    if (slot !== undefined) jumps.set(begin ?? at, parseInt(slot, 16));
    // What may stand before the jump.
    const isBefore = /^endbr64|^mov .*%r11d/.test(words!);
    begin = isBefore ? (begin ?? at) : undefined;
  }
  return jumps;
}

/** GOT slots of functions, by readelf. */
function functionSlots(path: string, throughPlt: ReadonlySet<number>): Set<number> {
  const types = symbolTypes(path);
  const gots = gotSections(path);
  const slots = new Set<number>();
  const row = /^([0-9a-f]{16}) {2}([0-9a-f]{8})[0-9a-f]{8} R_X86_64_(GLOB_DAT|JUMP_SLO\w*|IRELATIV\w*) /gm;
  for (const [, address, symbol, relocation] of run('readelf', ['-W', '-D', '-r', '--', path]).matchAll(
    row,
  )) {
    const slot = parseInt(address!, 16);
    const isFunction = relocation!.startsWith('IRELATIV')
      ? throughPlt.has(slot) || gots.some(([from, size]) => slot >= from && slot < from + size)
      : relocation!.startsWith('JUMP') || !/OBJECT|TLS|COMMON/.test(types.get(parseInt(symbol!, 16))!);
    if (isFunction) slots.add(slot);
  }
  return slots;
}

function symbolTypes(path: string): Map<number, string> {
  const text = run('readelf', ['-W', '--dyn-syms', '--', path]);
  return new Map(
    [...text.matchAll(/^ *(\d+): [0-9a-f]{16} +\S+ (<OS specific>: \d+|\S+)/gm)].map(
      ([, index, type]) => [Number(index), type!] as const,
    ),
  );
}

function gotSections(path: string): [number, number][] {
  const text = run('readelf', ['-W', '-S', '--', path]);
  const row = /\] \.got(?:\.plt)? +PROGBITS +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)/g;
  return [...text.matchAll(row)].map(([, address, size]) => [parseInt(address!, 16), parseInt(size!, 16)]);
}

/** The same addresses in ranges that do not touch. */
function merged(ranges: readonly FunctionRange[]): FunctionRange[] {
  const result: { address: number; size: number }[] = [];
  for (const { address, size } of ranges) {
    const last = result.at(-1);
    const end = last === undefined ? -1 : last.address + last.size;
    if (last && address <= end) last.size = Math.max(end, address + size) - last.address;
    else result.push({ address, size });
  }
  return result;
}

/** Whether one of these ascending ranges has all of a site. */
function isIn(ranges: readonly { readonly address: number; readonly size: number }[], site: Site): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.address <= site.address) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return range !== undefined && site.address + site.size <= range.address + range.size;
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
