/** A module that a process can write to without any change of its times is refused: on disk, and in memory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { loadProgram } from '../../src/program/load-program.ts';
import { hasWriter } from '../../src/program/writers.ts';
import { calling, returning, workshop } from './workshop.ts';

const shop = workshop();
const memory = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/linkonce-writers-') : undefined;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  if (memory !== undefined) rmSync(memory, { recursive: true });
});

/** Has written to a shared mapping of the file, and keeps it; the file itself is closed. */
const mapping = `import mmap, sys
with open(sys.argv[1], "r+b") as file: memory = mmap.mmap(file.fileno(), 0)
memory[0] = memory[0]
print("mapped", flush=True)
sys.stdin.read()`;

async function map(file: string): Promise<ChildProcess> {
  const child = spawn('python3', ['-c', mapping, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

describe.each([
  ['on disk', shop.directory],
  ['in memory', memory],
])('%s', (_, folder) => {
  test('a library that a process has mapped', async ({ skip }) => {
    if (folder === undefined) return skip('there is no /dev/shm');
    const file = (name: string) => path.relative(shop.directory, path.join(folder, name));
    const library = shop.library(file('libw.so'), returning('word'), '-Wl,-soname,libw.so');
    const program = shop.program(file('user'), calling('word'), library, '-Wl,-rpath,$ORIGIN');
    expect(loadProgram(program).executable.path).toBe(program);
    const child = await map(library);
    expect(hasWriter(library)).toBe(true);
    expect(() => loadProgram(program)).toThrow(`${library}: a process has it open for writing`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(loadProgram(program).executable.path).toBe(program);
  });
});

test('who reads, or executes, is no writer', async () => {
  const program = shop.program(
    'waits',
    '#include <unistd.h>\nint main(void) { char c; write(1, "x", 1); read(0, &c, 1); }',
  );
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  expect(hasWriter(program)).toBe(false);
});
