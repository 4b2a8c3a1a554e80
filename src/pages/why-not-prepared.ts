/** Why an opened module is not prepared in a process, as far as it can be seen afterwards: native/opener.c has the rules. */
import type { MapsLine } from '../capture/memory-map.ts';
import { rowIdentity } from '../image/plan.ts';
import { fileIdentity, sameIdentity } from '../program/file-identity.ts';
import type { FileIdentity } from '../program/program.ts';
import { pathOfMapping } from './files.ts';
import type { LoadedModule } from './loaded-modules.ts';
import type { OpenedTable } from './mapped-images.ts';
import type { ProcessMemory } from './process-memory.ts';

type Row = OpenedTable['modules'][number];

/** Of a module that is where the table has it. */
export function whyAtItsRange({ pieces_count }: Row, state: 'given back' | 'ordinary'): string {
  if (state === 'given back')
    return 'given back to ld.so: a module that was not prepared was opened together with it';
  return pieces_count === 0n
    ? 'it has its range, but could not be prepared at bind, whose report says why'
    : 'its prepared pages could not be mapped';
}

interface Elsewhere {
  readonly pid: number;
  readonly lines: readonly MapsLine[];
  readonly memory: ProcessMemory;
  readonly table: OpenedTable;
  readonly module: LoadedModule | undefined;
  /** The first of the modules opened earlier that has no range of the table. */
  readonly unknown: string | undefined;
}

/** Of a module of the program's own namespace that is not where the table has it, or that the table does not have. */
export function whyElsewhere({ pid, lines, memory, table, module, unknown }: Elsewhere): string {
  const identity = module && identityOf(pid, module, lines);
  if (!module || !identity) return 'its file is not to be seen';
  const row = table.modules.find((each) => sameIdentity(rowIdentity(each), identity));
  if (!row) {
    const isNamed = table.modules.some(({ file }) => file === module.name.replace(/ \(deleted\)$/, ''));
    return isNamed ? 'its file is another one than at bind' : 'it was not known at bind';
  }
  if (row.pieces_count === 0n) return 'it could not be prepared at bind, whose report says why';
  if (unknown !== undefined) return `${unknown}, which is not prepared, was opened before it`;
  if (hasNamespaces(memory, table)) return 'the program has opened a namespace of its own (dlmopen)';
  const taken = lines.find(({ start, end }) => start < row.address + row.length && end > row.address);
  if (taken) return `its range is taken${taken.name === '' ? '' : ` by ${taken.name}`}`;
  return 'what kept it from its range when it was opened is not there any more';
}

/** Of the file that is mapped, whatever its path leads to now. */
function identityOf(pid: number, module: LoadedModule, lines: readonly MapsLine[]): FileIdentity | undefined {
  const line = lines.find(({ start }) => start === module.start);
  const path = line && pathOfMapping(pid, line);
  try {
    return path === undefined ? undefined : fileIdentity(path);
  } catch {
    return undefined;
  }
}

/** `r_version` of <link.h>: it stays, though the namespaces are closed again. */
function hasNamespaces(memory: ProcessMemory, { head }: OpenedTable): boolean {
  return (memory.read(Number(head.debug), 4)?.readInt32LE(0) ?? 1) > 1;
}
