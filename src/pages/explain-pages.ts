/**
 * Why the private pages of a running process are private: those of files by comparing each with its file, word by word;
 * memory without a file by what it is for.
 *
 * The process runs on and may change its memory meanwhile: a page that is gone when it is read is `unreadable`, and a
 * mapping that has vanished has no pages. Nothing is traced or stopped.
 */
import { readMaps } from '../capture/memory-map.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { ListedModule } from './image-modules.ts';
import type { PageVerdict } from './page-verdict.ts';
import { PageMap } from '../capture/page-map.ts';
import type { MappingPages, PagesReport, PrivatePages, Reason } from './pages.ts';
import { partsOf, type Part } from './parts.ts';
import { ProcessMemory } from './process-memory.ts';
import { programOf, refused } from './process-state.ts';
import { privateTotals } from './totals.ts';

/** Throws LinkonceError where there is no such process, or it may not be looked at. */
export function explainPages(pid: number): PagesReport {
  const program = programOf(pid);
  try {
    const mappings = explainMappings(pid);
    return { format: 'linkonce-pages', version: 1, pid, program, mappings, ...privateTotals(mappings) };
  } catch (error) {
    throw refused(pid, error);
  }
}

function explainMappings(pid: number): MappingPages[] {
  const memory = new ProcessMemory(pid);
  const pageMap = new PageMap(pid);
  try {
    const lines = readMaps(pid);
    // The files of /proc stay open when the process ends, and are empty then.
    if (lines.length === 0) throw new LinkonceError(`process ${pid}: it has ended`);
    return partsOf(pid, lines, memory).map((part) => explainPart(part, pageMap, memory));
  } finally {
    pageMap.close();
    memory.close();
  }
}

function explainPart(part: Part, pageMap: PageMap, memory: ProcessMemory): MappingPages {
  const { start, end, offset } = part.line;
  const { present, swapped, own } = pageMap.read(start, end);
  return {
    start,
    end,
    protection: protectionText(part.line),
    area: part.area,
    name: part.name,
    offset,
    present,
    private: own.length,
    swapped,
    why: own.length === 0 ? [] : group(own, part, memory),
  };
}

function protectionText({ protection, shared }: Part['line']): string {
  const letters = ['r', 'w', 'x'].map((letter, bit) => ((protection >> bit) & 1 ? letter : '-'));
  return `${letters.join('')}${shared ? 's' : 'p'}`;
}

/** One entry a reason and module, in the order in which they are met. */
function group(own: readonly Address[], part: Part, memory: ProcessMemory): PrivatePages[] {
  const groups = new Map<string, Group>();
  for (const address of own) {
    const verdict = part.judge && judgePage(address, part.judge, memory);
    const reason = part.judge ? (verdict?.reason ?? 'unreadable') : 'program';
    const module = moduleOf(part.modules, address);
    const key = `${reason} ${module ?? ''}`;
    const entry: Group = groups.get(key) ?? { reason, module, pages: 0, words: {} };
    groups.set(key, entry);
    entry.pages++;
    for (const [kind, count] of verdict?.words ?? []) entry.words[kind] = (entry.words[kind] ?? 0) + count;
  }
  return [...groups.values()].map(({ module, ...entry }) => ({
    ...entry,
    ...(module !== undefined && { module }),
  }));
}

interface Group {
  readonly reason: Reason;
  readonly module: string | undefined;
  pages: number;
  readonly words: Record<string, number>;
}

function judgePage(
  address: Address,
  judge: NonNullable<Part['judge']>,
  memory: ProcessMemory,
): PageVerdict | undefined {
  const now = memory.read(address, pageSize);
  return now && judge(address, now);
}

function moduleOf(modules: readonly ListedModule[] | undefined, address: Address): string | undefined {
  return modules?.find(({ start, end }) => address >= start && address < end)?.name;
}
