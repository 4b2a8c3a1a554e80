/** Files that a process was made of, and that are others by now: its program and modules, and what else it executes. */
import { statSync } from 'node:fs';
import type { MapsLine } from '../capture/memory-map.ts';
import type { DecodedPlan } from '../image/plan.ts';
import type { FileIdentity } from '../program/program.ts';
import { plannedFiles } from '../store/freshness.ts';

/** A file that a process was made of, and what became of it. */
export interface ChangedFile {
  readonly path: string;
  readonly now: 'another file' | 'gone';
  /** When the file that is there now came, or was written to; absent where there is none. */
  readonly since?: Date;
}

/** `root`: of the process, before its paths. */
export function changedFiles(plan: DecodedPlan, lines: readonly MapsLine[], root: string): ChangedFile[] {
  const bound = boundFiles(plan, root);
  const known = new Set(bound.map(({ path }) => path));
  const mapped = replacedFiles(lines).filter((path) => !known.has(path));
  return [...bound, ...mapped.map((path) => ({ path, ...nowAt(root + path) }))];
}

/** Of the files that the program was bound from. The linker's cache is none, and neither is the name that leads to the program. */
function boundFiles(plan: DecodedPlan, root: string): ChangedFile[] {
  const { cache_path, invocation_path, program_path } = plan.header;
  const others = [cache_path, ...(invocation_path === program_path ? [] : [invocation_path])];
  const passed = new Set(others.map((text) => plan.text(text)));
  return plannedFiles(plan)
    .filter(({ path }) => !passed.has(path))
    .flatMap(({ path, identity }) =>
      isAsWritten(root + path, identity) ? [] : [{ path, ...nowAt(root + path) }],
    );
}

/** A ctime alone is moved by another name, owner or mode, too: what starts then is checked anew, but the content is that of before. */
function isAsWritten(file: string, { device, inode, size, mtimeNs }: FileIdentity): boolean {
  const now = statSync(file, { bigint: true, throwIfNoEntry: false });
  return now?.dev === device && now.ino === inode && now.size === size && now.mtimeNs === mtimeNs;
}

const deleted = ' (deleted)';
const isExecuted = ({ protection }: MapsLine): boolean => (protection & 4) !== 0;
/** Names of memory that no folder has. */
const nameless = /^\/(memfd:|SYSV|dev\/)/;

/** Also modules that were opened later. */
function replacedFiles(lines: readonly MapsLine[]): string[] {
  const gone = lines.filter((line) => isExecuted(line) && line.name.endsWith(deleted));
  return [...new Set(gone.map(({ name }) => name.slice(0, -deleted.length)))].filter(
    (name) => !nameless.test(name),
  );
}

function nowAt(file: string): Pick<ChangedFile, 'now' | 'since'> {
  const now = statSync(file, { throwIfNoEntry: false });
  return now === undefined ? { now: 'gone' } : { now: 'another file', since: now.ctime };
}
