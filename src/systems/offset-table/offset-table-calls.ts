/**
 * Four ways into the offset table. The first one is the seed's, and has a file of its own (masked-calls.ts): the base is the address of
 * the code itself with its lower bits zeroed, the place in the table is in the middle bits; module code is the same at every base
 * and every place. The others know at bind where the module's slots are, and read no entry.
 *
 *   mask      the program counter is masked
 *   window    the region is mapped once more at a constant address below 2 GiB: jmp *address
 *   segment   %gs holds the base: jmp *%gs:offset
 *   global    the distance from code to base is constant: jmp *slot(%rip), in the PLT slot itself. A function has one slot
 *             for all modules
 */
import type { CallScheme, Import, ModuleWiring, WiredProgram } from '../../calls/call-scheme.ts';
import { jumpThroughGs, jumpThroughLow } from '../../calls/machine-code.ts';
import { lowTables } from '../../calls/low-memory.ts';
import { areaSize, stubArea, unchanged } from '../../calls/stub-area.ts';
import type { AddressFormat } from '../../ranges/address-format.ts';
import { action } from '../../image/actions.ts';
import { at } from '../../util/present.ts';
import type { Address } from '../../util/units.ts';
import { areaOfModule } from './area-of-module.ts';
import { isAddressed, offsetTable, ownSlots, slotOffset } from './table.ts';

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
    ...areaOfModule,
    room: ({ imports }) => ({ area: areaSize(imports), numbers: imports }),
    wire: (program) => {
      const table = offsetTable(program, format, ownSlots(program.modules));
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
    ...areaOfModule,
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
