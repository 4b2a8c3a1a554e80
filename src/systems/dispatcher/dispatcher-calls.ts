/**
 * Calls by number. A stub puts the function's number into r11 and enters the dispatcher, which jumps through its table. The way
 * in is a word at a constant address, so that a module's code holds numbers and constants only, wherever modules are.
 *
 *   stub         41 bb imm32             mov   $number, %r11d
 *                ff 24 25 disp32         jmp   *gate
 *   dispatcher   42 ff 24 dd disp32      jmp   *table(,%r11,8)
 *   counting     f0 48 ff 04 25 disp32   lock incq counter, with the flags kept
 */
import type { CallScheme, Import, TableMemory, WiredProgram } from '../../calls/call-scheme.ts';
import {
  countLow,
  jumpThroughLow,
  jumpThroughLowTable,
  moveR11,
  restoreFlags,
  saveFlags,
} from '../../calls/machine-code.ts';
import { lowTables, lowTablesEnd } from '../../calls/low-memory.ts';
import { areaSize, stubArea } from '../../calls/stub-area.ts';
import { PROT } from '../../image/pieces.ts';
import { Refusal } from '../../util/errors.ts';
import { at } from '../../util/present.ts';
import type { Address } from '../../util/units.ts';
import { pageSize, roundUp } from '../../util/units.ts';

/** The word that leads into the dispatcher, then its code. */
const gate = lowTables;
const codeOffset = 16;
/** Of the counting dispatcher: how often it was entered. */
export const counterAddress: Address = lowTables + pageSize;
export const tableAddress: Address = lowTables + 2 * pageSize;

/** Each module numbers the functions that others can call. */
export const numberedRoom: CallScheme['room'] = ({ imports, functions }) => ({
  area: areaSize(imports),
  numbers: functions,
});

/** r11 has the number: that is what this system is. */
export const byNumber: Omit<CallScheme, 'wire'> = {
  clobbers: ['r11'],
  areaPlace: 'before',
  areaFile: 'module',
  areaFilled: 'bind',
  room: numberedRoom,
};

export const jumping: CallScheme = { ...byNumber, wire: (program) => wire(program, false) };
export const counting: CallScheme = { ...byNumber, wire: (program) => wire(program, true) };

function wire(program: WiredProgram, counts: boolean): ReturnType<CallScheme['wire']> {
  const modules = program.modules.map((module) =>
    stubArea(module, (each, at) => ({
      code: Buffer.concat([moveR11(numberOf(program, each)), jumpThroughLow(gate)]),
      landing: { code: at },
    })),
  );
  const enter = jumpThroughLowTable(tableAddress);
  const count = [saveFlags(), countLow(counterAddress), restoreFlags()];
  const code = counts ? Buffer.concat([...count, enter]) : enter;
  const counter: TableMemory = {
    address: counterAddress,
    bytes: Buffer.alloc(pageSize),
    protection: PROT.read | PROT.write,
  };
  const tables = [gatePage(code), ...(counts ? [counter] : []), functionTable(program)];
  return { modules, tables };
}

export function numberOf({ modules }: WiredProgram, { definer, functionIndex }: Import): number {
  return at(modules, definer, 'module').firstNumber + functionIndex;
}

function gatePage(code: Buffer): TableMemory {
  const bytes = Buffer.alloc(pageSize);
  bytes.writeBigUInt64LE(BigInt(gate + codeOffset));
  code.copy(bytes, codeOffset);
  return { address: gate, bytes, protection: PROT.read | PROT.execute };
}

/** By number, the address of each function that is called. `instead`: what stands for some of them. */
export function functionTable(
  program: WiredProgram,
  instead: ReadonlyMap<number, Address> = new Map(),
): TableMemory {
  const entries = new Map<number, Address>();
  for (const { imports } of program.modules)
    for (const each of imports) entries.set(numberOf(program, each), each.target);
  for (const [number, address] of instead) entries.set(number, address);
  const bytes = Buffer.alloc(roundUp((Math.max(0, ...entries.keys()) + 1) * 8));
  if (tableAddress + bytes.length > lowTablesEnd)
    throw new Refusal('it has more functions than the dispatcher has numbers for');
  for (const [number, address] of entries) bytes.writeBigUInt64LE(BigInt(address), number * 8);
  return { address: tableAddress, bytes, protection: PROT.read };
}
