/**
 * Why the private pages of a running process are private: those of files by comparing each with its file, word by word;
 * memory without a file by what it is for.
 */
import type { FoundModule } from './opened-modules.ts';
import type { MappingPages, OpenedPages, PagesReport, PrivatePages, Reason } from './pages.ts';
import { pagesVersion } from './pages.ts';
import { programOf } from './process-state.ts';
import { privateTotals } from './totals.ts';
import type { WalkedPart } from './walk-process.ts';
import { protectionText, reasonOf, walkProcess } from './walk-process.ts';
import { tally } from '../util/tally.ts';

/** Throws LinkonceError where there is no such process, or it may not be looked at. */
export function explainPages(pid: number): PagesReport {
  const program = programOf(pid);
  const { parts: mappings, opened } = walkProcess(pid, explainPart);
  return {
    format: 'linkonce-pages',
    version: pagesVersion,
    pid,
    program,
    mappings,
    opened: opened.map((each) => explainOpened(each, mappings)),
    ...privateTotals(mappings),
  };
}

function explainPart(walked: WalkedPart): MappingPages {
  const { part, pages } = walked;
  const { start, end, offset } = part.line;
  return {
    start,
    end,
    protection: protectionText(part.line),
    area: part.area,
    name: part.name,
    offset,
    present: pages.present,
    private: pages.own.length,
    swapped: pages.swapped,
    why: group(walked),
  };
}

/** No mapping lies in it in part. */
function explainOpened(
  { name, module, state, reason }: FoundModule,
  mappings: readonly MappingPages[],
): OpenedPages {
  const own = module ? mappings.filter(({ start, end }) => start >= module.start && end <= module.end) : [];
  return {
    name,
    ...(module && { start: module.start, end: module.end }),
    prepared: state === 'prepared',
    ...(reason !== undefined && { reason }),
    private: own.reduce((sum, each) => sum + each.private, 0),
  };
}

/** One entry a reason, in the order in which they are met. */
function group({ part, pages, verdictOn }: WalkedPart): PrivatePages[] {
  const groups = new Map<Reason, { reason: Reason; pages: number; words: Map<string, number> }>();
  for (const address of pages.own) {
    const verdict = verdictOn(address);
    const reason = reasonOf(part, verdict);
    const entry = groups.get(reason) ?? { reason, pages: 0, words: new Map<string, number>() };
    groups.set(reason, entry);
    entry.pages++;
    for (const [kind, count] of verdict?.words ?? []) tally(entry.words, kind, count);
  }
  const { module } = part;
  return [...groups.values()].map(({ words, ...entry }) => ({
    ...entry,
    words: Object.fromEntries(words),
    ...(module !== undefined && { module }),
  }));
}
