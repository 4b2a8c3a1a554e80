/**
 * The way of the seed: code finds the base and its place in the offset table by masking its own address, so that it is the same at every
 * base and every place. A module's area has this code once for each of its blocks from which it calls: what is masked is an address
 * in the caller's block, a constant distance away, so that each block's entry is read by the calls of that block. Behind it stands a
 * stub for each import and block:
 *
 *   c7 44 24 f8 …   movl $offset of the slot, -8(%rsp)
 *   e9 …            jmp  the look-up of the block
 */
import type {
  CallScheme,
  Import,
  Landing,
  ModuleWiring,
  RoomRequest,
  WiredModule,
} from '../../calls/call-scheme.ts';
import {
  code,
  jumpNear,
  padded,
  restoreFlags,
  saveFlags,
  storeInRedZone,
  word32,
} from '../../calls/machine-code.ts';
import { areaSize, stubSize, unchanged } from '../../calls/stub-area.ts';
import type { AddressFormat } from '../../ranges/address-format.ts';
import { fieldSize, fieldUnit } from '../../ranges/address-format.ts';
import { present } from '../../util/present.ts';
import type { Address, Vaddr } from '../../util/units.ts';
import { roundDown, roundUp } from '../../util/units.ts';
import { areaOfModule } from './area-of-module.ts';
import { isAddressed, offsetTables } from './table.ts';

const lookUpSize = 112;

export function masking(format: AddressFormat): CallScheme {
  return {
    ...areaOfModule,
    room: (module) => ({ area: roomOf(module, fieldUnit(format, 'M')), numbers: module.imports }),
    wire: (program) => ({
      modules: program.modules.map((module) => maskModule(module, format)),
      tables: offsetTables(program.modules, format),
    }),
  };
}

/** The area's size decides where the blocks of the module behind it begin, and these decide the size: from the least one upwards. */
function roomOf({ sites, alignment }: RoomRequest, block: number): number {
  let before = -1;
  let area = 0;
  while (area > before) {
    before = roundUp(area, alignment);
    const called = sites.map((own) => new Set(own.map((site) => Math.floor((before + site) / block))));
    const blocks = new Set(called.flatMap((each) => [...each]));
    const stubs = called.reduce((sum, each) => sum + each.size, 0);
    area = Math.max(before, areaSize(stubs, blocks.size * lookUpSize));
  }
  return area;
}

/** A function as one block of the module calls it. */
interface Caller {
  readonly block: Address;
  readonly each: Import;
  /** Place among the imports. */
  readonly index: number;
}

function maskModule(module: WiredModule, format: AddressFormat): ModuleWiring {
  if (!isAddressed(module)) return unchanged;
  const { area } = module;
  const callers = callersOf(module, fieldUnit(format, 'M'));
  const blocks = [...new Set(callers.map(({ block }) => block))].sort((a, b) => a - b);
  const lookUps = new Map(blocks.map((block, index) => [block, area.address + index * lookUpSize]));
  const first = area.address + blocks.length * lookUpSize;
  const stubs = callers.map(({ block, index }, place) => {
    const at = first + place * stubSize;
    const lookUp = present(lookUps.get(block), 'look-up of a block');
    return padded(stubSize, storeInRedZone(index * 8), jumpNear(at + 8, lookUp));
  });
  const heads = [...lookUps].map(([block, at]) => padded(lookUpSize, lookUpCode(format, at, block)));
  return { area: Buffer.concat([...heads, ...stubs]), landings: landingsOf(callers, first, module, format) };
}

function callersOf({ imports, bias }: WiredModule, block: number): Caller[] {
  return imports.flatMap((each, index) =>
    [...new Set(each.sites.map((site) => roundDown(bias + site, block)))].map((start) => ({
      block: start,
      each,
      index,
    })),
  );
}

function landingsOf(
  callers: readonly Caller[],
  first: Address,
  { path }: WiredModule,
  format: AddressFormat,
): Map<Vaddr, Landing> {
  const block = fieldUnit(format, 'M');
  const bySlot = new Map<Vaddr, Map<Address, Address>>();
  callers.forEach(({ block: start, each }, place) => {
    const stubs = bySlot.get(each.slot) ?? new Map<Address, Address>();
    bySlot.set(each.slot, stubs.set(start, first + place * stubSize));
  });
  return new Map(
    [...bySlot].map(([slot, stubs]) => [
      slot,
      { from: (site: Address) => present(stubs.get(roundDown(site, block)), `stub of a block of ${path}`) },
    ]),
  );
}

/**
 * From the offset of a slot in the red zone to the slot's function. Registers and flags are as the caller left them. `at`: of this code;
 * `block`: where the caller's begins.
 */
function lookUpCode(format: AddressFormat, at: Address, block: Address): Buffer {
  const lower = Math.log2(fieldUnit(format, 'M'));
  const places = fieldSize(format, 'M');
  const saved = Buffer.concat([
    code('4c 89 54 24 f0'), //         mov   %r10, -16(%rsp)
    code('4c 89 5c 24 e8'), //         mov   %r11, -24(%rsp)
    saveFlags(),
  ]);
  const next = at + saved.length + 7;
  // In the first block it is its own address.
  const distance = roundDown(at, fieldUnit(format, 'M')) === block ? 0 : block - next;
  return Buffer.concat([
    saved,
    code('4c 8d 1d', word32(distance)), // lea   block(%rip), %r11
    code('4d 89 da'), //               mov   %r11, %r10
    code('49 c1 ea'), //               shr   $bits of L, %r10
    Buffer.from([lower]),
    code('41 81 e2'), //               and   $places - 1, %r10d
    word32(places - 1),
    code('49 81 e3'), //               and   $-(bytes of a base), %r11
    negative(2 ** lower * places),
    restoreFlags(),
    code('4f 8b 1c d3'), //            mov   (%r11,%r10,8), %r11
    code('44 8b 54 24 f8'), //         mov   -8(%rsp), %r10d
    code('4f 8b 1c 13'), //            mov   (%r11,%r10), %r11
    code('4c 89 5c 24 f8'), //         mov   %r11, -8(%rsp)
    code('4c 8b 54 24 f0'), //         mov   -16(%rsp), %r10
    code('4c 8b 5c 24 e8'), //         mov   -24(%rsp), %r11
    code('ff 64 24 f8'), //            jmp   *-8(%rsp)
  ]);
}

function negative(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(-value);
  return bytes;
}
