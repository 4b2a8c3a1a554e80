/** Small ELF files made by the machine's compiler, in a folder that goes with the test file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-elf-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** A path in the folder of this test file's fixtures. */
export function fixturePath(name: string): string {
  return path.join(directory, name);
}

/** Compiles C; returns the file's path. */
export function compile(name: string, source: string, ...flags: readonly string[]): string {
  const output = fixturePath(name);
  writeFileSync(`${output}.c`, source);
  execFileSync('cc', ['-O1', '-o', output, `${output}.c`, ...flags]);
  return output;
}

/** A bit of everything: imports, exports, TLS, pointers of all kinds, an indirect function. */
export const everything = `
#include <stdio.h>
#include <stdlib.h>
__thread int initialised = 7;
__thread char zero[100];
static int local;
int exported = 5;
int *pointers[200] = { [0] = &local, [1] = &exported, [64] = &local, [130] = &local, [199] = &exported };
int (*imported)(const char *) = puts;
__attribute__((weak)) extern void absent(void);
static int chosen(void) { return 3; }
static int (*choose(void))(void) { return chosen; }
int indirect(void) __attribute__((ifunc("choose")));
int use(char *text) {
  if (absent) absent();
  free(text);
  initialised += zero[3];
  return printf("%s %d %d", text, indirect(), initialised) + imported("x");
}
int main(int argc, char **argv) { return argc > 5 ? use(argv[0]) : 0; }
`;
