/** A program is taken for one that reads its exe link however a compiler or an author spells the path. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readsExeLink } from '../../src/program/exe-link.ts';
import { loadProgram } from '../../src/program/load-program.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'linkonce-exe-link-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that fills `path`, and reads the link of that name. */
function reader(fill: string): string {
  const output = path.join(folder, 'program');
  const source = path.join(folder, 'program.c');
  writeFileSync(
    source,
    `#include <stdio.h>
     #include <string.h>
     #include <unistd.h>
     static char path[64], target[64];
     int main(int count, char **arguments)
     {
       (void)arguments;
       ${fill}
       return readlink(path, target, sizeof target) < 0 || count > 9;
     }`,
  );
  execFileSync('cc', ['-O2', '-o', output, source]);
  return output;
}

const reads = (fill: string): boolean => readsExeLink(loadProgram(reader(fill)));

test.each([
  ['whole', 'return (int)readlink("/proc/self/exe", target, 1);'],
  ['in instructions', 'memcpy(path, "/proc/self/exe", 15);'],
  ['of a number', 'sprintf(path, "/proc/%d/exe", getpid());'],
  ['of a text', 'sprintf(path, "/proc/%s/exe", count ? "self" : arguments[0]);'],
  ['of a folder and a name', 'sprintf(path, "%s/%s", "/proc/self", arguments[1] ? arguments[1] : "exe");'],
  ['of a folder and the rest', 'sprintf(path, "%s/exe", arguments[1] ? arguments[1] : "/proc/self");'],
])('the path %s', (_, fill) => {
  expect(reads(fill)).toBe(true);
});

test.each([
  ['another file of /proc', 'return (int)readlink("/proc/self/cwd", target, 1);'],
  ['another word', 'return puts("/proc/self/cwd") + puts("/bin/executable");'],
  ['no /proc', 'return puts("exe") + puts("/bin/exe");'],
])('not %s', (_, fill) => {
  expect(reads(fill)).toBe(false);
});
