/**
 * Second form: modules are anywhere, and each has a look-up page at the hashed address, with the addresses of its functions in the
 * order of their values. Where 512 do not suffice, the following pages are taken. Stubs:
 *
 *   ff 24 25 disp32   jmp    *entry             below 2 GiB
 *
 *   49 bb imm64       movabs $entry, %r11       in a larger space
 *   41 ff 23          jmp    *(%r11)
 *
 * No jump names a word by 64 bits, so that r11 is the price of look-up pages that may be anywhere.
 */
import type { CallScheme, TableMemory, WiredModule, WiredProgram } from '../../calls/call-scheme.ts';
import { jumpThroughLow, jumpThroughR11, moveR11Wide } from '../../calls/machine-code.ts';
import { areaSize, stubArea } from '../../calls/stub-area.ts';
import type { Range } from './collisions.ts';
import { memoryOf, requireApart } from './collisions.ts';
import type { AddressFormat } from '../../ranges/address-format.ts';
import { encodeAddress, fieldSize, fieldUnit } from '../../ranges/address-format.ts';
import { hashName } from '../../ranges/hash-name.ts';
import { PROT } from '../../image/pieces.ts';
import { at, present } from '../../util/present.ts';
import type { Address } from '../../util/units.ts';
import { pageSize, roundUp } from '../../util/units.ts';

const wordSize = 8;

export interface LookUpPlaces {
  readonly format: AddressFormat;
  /** Value of the field P, where the format has one. */
  readonly prefix: number;
  /** Hashes below this one are no addresses for a process: the kernel's lowest pages. */
  readonly first: number;
  /** Where executables have theirs, by value of H. */
  readonly executable: number;
}

/** Where a module's look-up page is: by its name only. */
export function lookUpPage(
  { format, prefix, first, executable }: LookUpPlaces,
  { name, isExecutable }: Pick<WiredModule, 'name' | 'isExecutable'>,
): Address {
  const count = fieldSize(format, 'H');
  const hash = isExecutable ? executable : first + hashName(name, count - first);
  return encodeAddress(format, { H: hash, ...(prefix > 0 && { P: prefix }) });
}

export function lookUpCalls(places: LookUpPlaces): CallScheme {
  const isLow = fieldUnit(places.format, 'X') <= 2 ** 31;
  const jump = (entry: Address): Buffer =>
    isLow ? jumpThroughLow(entry) : Buffer.concat([moveR11Wide(entry), jumpThroughR11()]);
  return {
    clobbers: isLow ? [] : ['r11'],
    areaPlace: 'before',
    areaFile: 'module',
    areaFilled: 'bind',
    room: ({ imports }) => ({ area: areaSize(imports), numbers: 0 }),
    wire: (program) => {
      const tables = lookUpTables(program, places);
      const modules = program.modules.map((module) =>
        stubArea(module, ({ definer, functionIndex }, at) => ({
          code: jump(
            present(tables.get(definer), 'look-up page of a module').address + functionIndex * wordSize,
          ),
          landing: { code: at },
        })),
      );
      return { modules, tables: [...tables.values()] };
    },
  };
}

/** By a module's place: its look-up pages, where any of its functions is called. Throws LinkonceError where two collide. */
function lookUpTables(program: WiredProgram, places: LookUpPlaces): ReadonlyMap<number, TableMemory> {
  const tables = new Map<number, TableMemory>();
  for (const { definer, functionIndex, target } of program.modules.flatMap(({ imports }) => imports)) {
    const module = at(program.modules, definer, 'module');
    const table = tables.get(definer) ?? emptyTable(module, places);
    table.bytes.writeBigUInt64LE(BigInt(target), functionIndex * wordSize);
    tables.set(definer, table);
  }
  requireApart([...memoryOf(program.modules.filter(({ fixed }) => fixed)), ...pagesOf(program, tables)]);
  return tables;
}

function emptyTable(module: WiredModule, places: LookUpPlaces): TableMemory {
  const bytes = Buffer.alloc(roundUp(module.functions.length * wordSize, pageSize));
  return { address: lookUpPage(places, module), bytes, protection: PROT.read };
}

function pagesOf({ modules }: WiredProgram, tables: ReadonlyMap<number, TableMemory>): Range[] {
  return [...tables].map(([index, { address, bytes }]) => ({
    what: `the look-up page of ${at(modules, index, 'module').path}`,
    start: address,
    end: address + bytes.length,
  }));
}
