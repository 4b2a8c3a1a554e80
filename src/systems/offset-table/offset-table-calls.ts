/**
 * Four ways into the offset table. The first one is the seed's: the base is the address of the code itself with its lower bits
 * zeroed, the place in the table is in the middle bits; module code is the same at every base and every place. The others know
 * at bind where the module's slots are.
 *
 *   mask      the program counter is masked: 16 bytes for each import, and one piece of code for the module
 *   window    the region is mapped once more at a constant address below 2 GiB: jmp *address
 *   segment   %gs holds the base: jmp *%gs:offset
 *   global    the distance from code to base is constant: jmp *slot(%rip), in the PLT slot itself. A function has one slot
 *             for all modules
 */
import type { CallScheme, Import, ModuleWiring, WiredModule, WiredProgram } from '../../calls/call-scheme.ts';
import {
  code,
  jumpNear,
  jumpThroughGs,
  jumpThroughLow,
  padded,
  restoreFlags,
  saveFlags,
  storeInRedZone,
} from '../../calls/machine-code.ts';
import { lowTables } from '../../calls/low-memory.ts';
import { areaSize, stubArea, unchanged } from '../../calls/stub-area.ts';
import type { AddressFormat } from '../../ranges/address-format.ts';
import { fieldSize, fieldUnit } from '../../ranges/address-format.ts';
import { action } from '../../image/actions.ts';
import { at } from '../../util/present.ts';
import type { Address } from '../../util/units.ts';
import { isAddressed, offsetTable, slotOffset, type Slots } from './table.ts';

const plain = { clobbers: [], areaPlace: 'before', areaFile: 'module', areaFilled: 'bind' } as const;

const lookUpSize = 112;

/** Each import has a slot of its own. */
const ownSlots = ({ modules }: WiredProgram): Slots =>
  new Map(
    modules
      .filter(isAddressed)
      .flatMap(({ imports, firstNumber }) =>
        imports.map(({ target }, index) => [firstNumber + index, target] as const),
      ),
  );

/** By masking the program counter. */
export function masking(format: AddressFormat): CallScheme {
  return {
    ...plain,
    room: ({ imports }) => ({ area: areaSize(imports, lookUpSize), numbers: imports }),
    wire: (program) => ({
      modules: program.modules.map((module) => maskModule(module, format)),
      tables: [offsetTable(program, format, ownSlots(program))],
    }),
  };
}

function maskModule(module: WiredModule, format: AddressFormat): ModuleWiring {
  if (!isAddressed(module)) return unchanged;
  const head = padded(lookUpSize, lookUpCode(format));
  // movl $offset, -8(%rsp); jmp look-up
  return stubArea(
    module,
    (_, at, index) => ({
      code: Buffer.concat([storeInRedZone(index * 8), jumpNear(at + 8, module.area.address)]),
      landing: { code: at },
    }),
    { head },
  );
}

/** From the offset of a slot in the red zone to the slot's function. Registers and flags are as the caller left them. */
function lookUpCode(format: AddressFormat): Buffer {
  const lower = Math.log2(fieldUnit(format, 'M'));
  const places = fieldSize(format, 'M');
  const mask = Buffer.alloc(8);
  mask.writeInt32LE(places - 1, 0);
  mask.writeInt32LE(-(2 ** lower) * places, 4);
  return Buffer.concat([
    code('4c 89 54 24 f0'), //         mov   %r10, -16(%rsp)
    code('4c 89 5c 24 e8'), //         mov   %r11, -24(%rsp)
    saveFlags(),
    code('4c 8d 1d 00 00 00 00'), //   lea   0(%rip), %r11
    code('4d 89 da'), //               mov   %r11, %r10
    code('49 c1 ea'), //               shr   $bits of L, %r10
    Buffer.from([lower]),
    code('41 81 e2'), //               and   $places - 1, %r10d
    mask.subarray(0, 4),
    code('49 81 e3'), //               and   $-(bytes of a base), %r11
    mask.subarray(4),
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

/** Through slots at an address that the stub has. */
function slotted(
  format: AddressFormat,
  jump: (offset: number) => Buffer,
  more: (
    program: WiredProgram,
    table: ReturnType<typeof offsetTable>,
  ) => Partial<ReturnType<CallScheme['wire']>>,
): CallScheme {
  return {
    ...plain,
    room: ({ imports }) => ({ area: areaSize(imports), numbers: imports }),
    wire: (program) => {
      const table = offsetTable(program, format, ownSlots(program));
      const modules = program.modules.map((module) =>
        isAddressed(module)
          ? stubArea(module, (_, at, index) => ({
              code: jump(slotOffset(format, module.firstNumber + index)),
              landing: { code: at },
            }))
          : unchanged,
      );
      return { modules, tables: [table], ...more(program, table) };
    },
  };
}

export function windowed(format: AddressFormat): CallScheme {
  return slotted(
    format,
    (offset) => jumpThroughLow(lowTables + offset),
    (_, table) => ({ tables: [table, { ...table, address: lowTables }] }),
  );
}

export function segmented(format: AddressFormat): CallScheme {
  return slotted(format, jumpThroughGs, ({ base }) => ({ actions: [action('setGs', base)] }));
}

/** Modules need no area: PLT slots, and sites that go through a slot, name the word in the table. */
export function globalSlots(format: AddressFormat): CallScheme {
  return {
    ...plain,
    room: ({ functions }) => ({ area: 0, numbers: functions }),
    wire: (program) => {
      const numberOf = ({ definer, functionIndex }: Import): number =>
        at(program.modules, definer, 'module').firstNumber + functionIndex;
      const wordOf = (each: Import): Address => program.base + slotOffset(format, numberOf(each));
      const modules = program.modules.map((module): ModuleWiring =>
        isAddressed(module)
          ? {
              area: Buffer.alloc(0),
              landings: new Map(module.imports.map((each) => [each.slot, { word: wordOf(each) }])),
            }
          : unchanged,
      );
      const slots = new Map(
        program.modules
          .filter(isAddressed)
          .flatMap(({ imports }) => imports.map((each) => [numberOf(each), each.target] as const)),
      );
      return { modules, tables: [offsetTable(program, format, slots)] };
    },
  };
}
