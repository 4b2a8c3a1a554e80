/** The files that a process has mapped, opened as that process sees them: by its root, and though deleted where permitted. */
import { closeSync, openSync, readlinkSync, readSync, statSync } from 'node:fs';
import type { MapsLine } from '../capture/memory-map.ts';
import { pageSize, type FileOffset } from '../util/units.ts';

const deleted = ' (deleted)';

/**
 * A path under which this very file can be opened. The kernel writes ` (deleted)` behind the name of a file that was
 * removed or replaced; then only /proc/PID/map_files has it. Undefined for memory without a file.
 */
export function pathOfMapping(pid: number, { start, end, name }: MapsLine): string | undefined {
  if (!name.startsWith('/')) return undefined;
  if (name.endsWith(deleted)) return `/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`;
  // The kernel writes a line's end as \012 (seq_path in fs/seq_file.c).
  return `${rootOf(pid)}${name.replaceAll('\\012', '\n')}`;
}

/** The process’s root, to stand before its paths, where it is not ours too: in a container. Empty where it is. */
export function rootOf(pid: number): string {
  try {
    const differs = readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt');
    return differs || readlinkSync(`/proc/${pid}/root`) !== readlinkSync('/proc/self/root')
      ? `/proc/${pid}/root`
      : '';
  } catch {
    return '';
  }
}

/** A page of a file, zero behind the file's end. Undefined where it cannot be read, or is a device. */
export function readFilePage(path: string, offset: FileOffset): Buffer | undefined {
  try {
    return statSync(path).isFile() ? readPage(path, offset) : undefined;
  } catch {
    return undefined;
  }
}

function readPage(path: string, offset: FileOffset): Buffer {
  const page = Buffer.alloc(pageSize);
  const file = openSync(path, 'r');
  try {
    readSync(file, page, 0, pageSize, offset);
  } finally {
    closeSync(file);
  }
  return page;
}
