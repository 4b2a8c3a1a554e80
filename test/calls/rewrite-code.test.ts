/** Rewritten call sites and PLT slots, read by objdump: they lead where they should, and nothing else has changed. */
import { describe, expect, test } from 'vitest';
import type { CallSiteKind } from '../../src/calls/module-calls.ts';
import { redirectOperand, redirectPlt, redirectSite } from '../../src/calls/rewrite-code.ts';
import type { PltSlot } from '../../src/elf/elf-file.ts';
import { disassemble } from './disassemble.ts';

const at = 0x7000_0000_0000;
const targets = [at + 0x10_0000, at - 0x10_0000];

/** As compiled, by kind: bytes with a displacement of 0, and what objdump must call the rewritten one. */
const sites: readonly (readonly [string, CallSiteKind, string, RegExp])[] = [
  ['call', 'call', 'e8', /^call 0x/],
  ['call with bnd', 'call', 'f2e8', /^bnd call 0x/],
  ['call with data16 and rex.W', 'call', '6648e8', /^data16 rex\.W call 0x/],
  ['jump', 'jump', 'e9', /^jmp 0x/],
  ['jump with bnd', 'jump', 'f2e9', /^bnd jmp 0x/],
  ['conditional jump', 'conditional-jump', '0f85', /^jne 0x/],
  ['conditional jump, taken by hint', 'conditional-jump', '3e0f84', /^je,pt 0x/],
  ['slot call', 'slot-call', 'ff15', /^addr32 call 0x/],
  ['slot call with rex.W', 'slot-call', '48ff15', /^addr32 addr32 call 0x|^addr32 call 0x/],
  ['slot call with data16 and rex.W', 'slot-call', '6648ff15', /call 0x/],
  ['slot call with notrack', 'slot-call', '3eff15', /call 0x/],
  ['slot jump', 'slot-jump', 'ff25', /^jmp 0x/],
  ['slot jump with bnd', 'slot-jump', 'f2ff25', /^jmp 0x/],
];

const compiled = (hexBytes: string): Buffer => Buffer.from(`${hexBytes}00000000`, 'hex');
const isCall = (kind: CallSiteKind): boolean => kind === 'call' || kind === 'slot-call';

describe.each(sites)('%s', (_, kind, hexBytes, text) => {
  const code = compiled(hexBytes);
  const site = { kind, address: 0, size: code.length, slot: 0 };

  test.each(targets)('leads to %i', (target) => {
    const bytes = redirectSite(site, code, at, target)!;
    expect(bytes).toHaveLength(code.length);
    const lines = disassemble(bytes, at);
    // A prefix may be a line of its own in objdump; what counts is where the transfer ends.
    const transfer = lines.find((line) => line.target !== undefined)!;
    expect(transfer.target).toBe(target);
    expect(transfer.text).toMatch(text);
    const end = transfer.address + transfer.size;
    if (isCall(kind)) expect(end).toBe(at + code.length);
    else
      for (const { address, text: rest } of lines.filter((line) => line !== transfer))
        expect({ address: address >= end, rest }).toEqual({ address: true, rest: 'nop' });
  });

  test('is left alone where the target is out of reach', () => {
    const size = kind === 'slot-jump' ? 5 : code.length;
    const [first, last] = [at + size - 0x8000_0000, at + size + 0x7fff_ffff];
    for (const target of [first, last]) expect(redirectSite(site, code, at, target)).toBeDefined();
    for (const target of [first - 1, last + 1]) expect(redirectSite(site, code, at, target)).toBeUndefined();
  });
});

test.each(['ff15', '48ff15', 'ff25', 'f2ff25'])('%s goes through another word', (hexBytes) => {
  const code = compiled(hexBytes);
  for (const word of targets) {
    const bytes = redirectOperand({ size: code.length }, code, at, word)!;
    const [line, ...more] = disassemble(bytes, at);
    expect(more).toEqual([]);
    expect(line).toMatchObject({ size: code.length, target: word });
    expect(line!.text).toMatch(/\*-?0x[0-9a-f]+\(%rip\)$/);
  }
});

/** PLT slots as the linkers make them, jumping through a word at distance 0. */
const slots: readonly (readonly [string, PltSlot['section'], string, string | undefined])[] = [
  ['16 bytes, lazy', '.plt', 'ff25000000006800000000e900000000', undefined],
  ['16 bytes with endbr64', '.plt.sec', 'f30f1efaff2500000000660f1f440000', 'endbr64'],
  ['16 bytes with endbr64 and bnd', '.plt.sec', 'f30f1efaf2ff25000000000f1f440000', 'endbr64'],
  ['16 bytes with a number in r11', '.plt', '41bb00000000ff2500000000cccccccc', undefined],
  ['8 bytes', '.plt.got', 'ff25000000006690', undefined],
];

describe.each(slots)('PLT slot of %s', (_, section, hexBytes, mark) => {
  const code = Buffer.from(hexBytes, 'hex');
  const slot: PltSlot = { section, address: 0, size: code.length, gotSlot: 0, symbol: 1 };

  test.each([false, true])('through a word: %s', (through) => {
    for (const target of targets) {
      const bytes = redirectPlt(slot, code, at, target, through)!;
      expect(bytes).toHaveLength(code.length);
      const lines = disassemble(bytes, at);
      if (mark !== undefined) expect(lines.shift()).toMatchObject({ address: at, text: mark });
      const [jump, ...rest] = lines;
      expect(jump).toMatchObject({ target, text: expect.stringMatching(/^jmp /) as unknown });
      expect(jump!.text.includes('(%rip)')).toBe(through);
      expect(rest.filter(({ text }) => text !== 'int3')).toEqual([]);
    }
  });

  test('is left alone where the target is out of reach', () => {
    const end = at + (mark === undefined ? 0 : 4) + 5;
    expect(redirectPlt(slot, code, at, end + 0x7fff_ffff, false)).toBeDefined();
    expect(redirectPlt(slot, code, at, end + 0x8000_0000, false)).toBeUndefined();
    expect(redirectPlt(slot, code, at, end + 1 + 0x8000_0000, true)).toBeUndefined();
  });
});
