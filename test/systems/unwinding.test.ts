/**
 * Stacks through everything that stands between a call and its function: stubs, dispatchers, thunks. At every instruction of calls
 * between modules the unwinder of libgcc comes to `main`, under every system and variant as under the platform's linker.
 */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withPlaces } from '../../src/pagein/with-places.ts';
import { reasonToHandOver } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { allForms, Binder } from './bound-set.ts';
import { compile } from './compile.ts';
import { compileUnwindProgram, wholeStacks } from './unwind-program.ts';

const hasFindObject =
  existsSync('/usr/include/dlfcn.h') &&
  readFileSync('/usr/include/dlfcn.h', 'utf8').includes('_dl_find_object');
const withoutFindObject = 'its C library has no _dl_find_object: unwinders know only modules';

const binder = new Binder();
const styles = { 'through PLT slots': ['-fplt'], 'through GOT slots': ['-fno-plt'] } as const;
type Style = keyof typeof styles;
const names = Object.keys(styles) as readonly Style[];
const programs = new Map<Style, string>();
let asking: string;
beforeAll(() => {
  if (!hasFindObject) return;
  asking = compile(`${binder.folder}/answers`, { name: 'answers', source: answers });
  for (const name of names)
    programs.set(name, compileUnwindProgram(`${binder.folder}/${styles[name][0]}`, styles[name]));
});
afterAll(() => {
  binder.remove();
});

describe.each(names)('%s', (name) => {
  for (const form of allForms)
    test(form, async ({ skip }) => {
      if (!hasFindObject) skip(withoutFindObject);
      const image = await binder.bind(programs.get(name)!, form);
      for (const note of image.notes) expect(note).not.toContain(' 0 entries told apart');
      const reason = reasonToHandOver(image);
      if (reason !== undefined) skip(reason);
      const env = { ...environment, ...image.environment, LINKONCE_DEBUG: '1' };
      const outcome = await withPlaces([image], () => runProgram(image.file, [], { env }));
      expect(outcome).toEqual({ stdout: wholeStacks, stderr: '', status: 0, signal: null });
    });
});

describe('what the platform’s function answers', () => {
  test.for(['image:single', 'rebase-startup:slide', 'dispatcher:jump'])(
    '%s: the same',
    async (form, { skip }) => {
      if (!hasFindObject) skip(withoutFindObject);
      const image = await binder.bind(asking, form);
      const env = { ...environment, LINKONCE_DEBUG: '1' };
      const stock = await runProgram(asking, [], { env });
      expect(stock).toMatchObject({ stdout: expect.stringMatching(/^main 0 1 /) as unknown, status: 0 });
      expect(await runProgram(image.file, [], { env })).toEqual(stock);
    },
  );
});

/** Of each address: the result, whether the answer's bounds hold it and its frames are there, and the module's name. */
const answers = `
  #define _GNU_SOURCE
  #include <dlfcn.h>
  #include <link.h>
  #include <stdint.h>
  #include <stdio.h>
  #include <stdlib.h>
  #include <sys/auxv.h>
  static void ask(const char *what, void *address) {
    struct dl_find_object object = {0};
    int result = _dl_find_object(address, &object);
    printf("%s %d", what, result);
    if (result == 0)
      printf(" %d %d %s", object.dlfo_map_start <= address && address < object.dlfo_map_end,
        *(unsigned char *)object.dlfo_eh_frame, object.dlfo_link_map->l_name);
    puts("");
  }
  int main(void) {
    int local;
    ask("main", main);
    ask("libc", dlsym(RTLD_DEFAULT, "qsort"));
    ask("linker", dlsym(RTLD_DEFAULT, "_dl_catch_error"));
    ask("vdso", (char *)getauxval(AT_SYSINFO_EHDR) + 64);
    ask("heap", malloc(1));
    ask("stack", &local);
    ask("nowhere", 0);
    void *opened = dlopen("libm.so.6", RTLD_NOW);
    ask("opened", dlsym(opened, "cos"));
    return 0;
  }`;
