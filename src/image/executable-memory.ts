/** A file that is executed and leaves nothing behind: in memory, or where the kernel has none to execute, a temporary one. */
import { closeSync, mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import koffi from 'koffi';

/** linux/memfd.h. Before Linux 6.3 the kernel does not know `executable`, and does not need it. */
const flags = { closeOnExec: 1, executable: 0x10 };

/** Calls `use` with a path by which a child of this process can execute `bytes`. */
export function withExecutable<T>(bytes: Buffer, use: (file: string) => T): T {
  const descriptor = createInMemory();
  if (descriptor === undefined) return withTemporary(bytes, use);
  try {
    writeSync(descriptor, bytes);
    return use(`/proc/self/fd/${String(descriptor)}`);
  } finally {
    closeSync(descriptor);
  }
}

function createInMemory(): number | undefined {
  const create = koffi.load(null).func('int memfd_create(const char *name, unsigned int flags)');
  const open = (more: number): number => create('linkonce', flags.closeOnExec | more) as number;
  return [flags.executable, 0].map(open).find((descriptor) => descriptor >= 0);
}

function withTemporary<T>(bytes: Buffer, use: (file: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-ask-'));
  try {
    const file = path.join(folder, 'launcher');
    writeFileSync(file, bytes, { mode: 0o700 });
    return use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
