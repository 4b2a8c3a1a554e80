/** Compiles a few lines of C into a program for one test file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-measure-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Returns the path of the program; it is gone after the file's tests. */
export function compileProgram(name: string, source: string): string {
  const output = path.join(directory, name);
  writeFileSync(`${output}.c`, source);
  execFileSync('cc', ['-O1', '-w', '-o', output, `${output}.c`]);
  return output;
}

/** Uses the processor for the given milliseconds. */
export const busySource = `
  #include <stdlib.h>
  #include <time.h>
  int main(int argc, char **argv) {
    long wanted = atol(argv[1]) * 1000000;
    struct timespec now;
    do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while (now.tv_sec * 1000000000 + now.tv_nsec < wanted);
    return argc > 2 ? atoi(argv[2]) : 0;
  }`;

/** Writes to as many fresh pages as asked, tells its own getrusage(2), then exits with 0, or waits for a signal. */
export const dirtySource = `
  #include <stdio.h>
  #include <stdlib.h>
  #include <sys/mman.h>
  #include <sys/resource.h>
  #include <unistd.h>
  int main(int argc, char **argv) {
    long pages = atol(argv[1]);
    char *memory = mmap(0, pages * 4096 + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, pages * 4096 + 1, MADV_NOHUGEPAGE);
    for (long page = 0; page < pages; page++) memory[page * 4096] = 1;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    if (argc > 2) pause();
    char line[32];
    write(1, line, sprintf(line, "%ld", usage.ru_minflt));
    return 0;
  }`;
