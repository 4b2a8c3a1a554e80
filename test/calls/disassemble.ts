/** What objdump says of bytes at an address. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Address } from '../../src/util/units.ts';

export interface Disassembled {
  readonly address: Address;
  readonly size: number;
  /** With one space between its parts, as objdump has it: `jmp *%r11`, `jmp 0x1234`. */
  readonly text: string;
  /** Where a displacement relative to rip leads, or a direct jump or call. */
  readonly target: Address | undefined;
}

export function disassemble(bytes: Uint8Array, address: Address): Disassembled[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-objdump-'));
  try {
    const file = path.join(folder, 'code');
    writeFileSync(file, bytes);
    const place = `--adjust-vma=0x${address.toString(16)}`;
    const args = ['-D', '-w', '-b', 'binary', '-m', 'i386:x86-64', place, file];
    return execFileSync('objdump', args, { encoding: 'utf8' }).split('\n').flatMap(parse);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function parse(line: string): Disassembled[] {
  const match = /^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t(.*)$/.exec(line);
  if (!match) return [];
  const [, address = '', hexBytes = '', rest = ''] = match;
  const [instruction = '', comment = ''] = rest.split('#');
  const text = instruction.trim().replaceAll(/\s+/g, ' ');
  const target = /0x([0-9a-f]+)/.exec(comment)?.[1] ?? /(?:call|j[a-z,]+) +0x([0-9a-f]+)$/.exec(text)?.[1];
  return [
    {
      address: parseInt(address, 16),
      size: hexBytes.trim().split(' ').length,
      text,
      target: target === undefined ? undefined : parseInt(target, 16),
    },
  ];
}
