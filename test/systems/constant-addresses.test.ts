/**
 * What each variant states of its addresses, judged by processes of two binds, whose modules are elsewhere each time: memory that is at
 * the same addresses in both is constant. It can be called where it is executable, and read where it has a word that leads into code
 * which has moved.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tracee } from '../../src/capture/ptrace.ts';
import { withPlaces } from '../../src/pagein/with-places.ts';
import type { BoundImage } from '../../src/pipeline.ts';
import { systems } from '../../src/systems/registry.ts';
import { reasonToHandOver } from '../contract/workplace.ts';
import { Binder } from './bound-set.ts';
import { compile } from './compile.ts';
import type { Smap } from './smaps.ts';
import { atExit, readSmaps } from './smaps.ts';

const binder = new Binder();
let program: string;
beforeAll(() => {
  const source = '#include <stdio.h>\nint main(void) { puts("done"); return 0; }';
  program = compile(binder.folder, { name: 'plain', flags: ['-Wl,-z,now'], source });
});
afterAll(() => {
  binder.remove();
});

interface Seen {
  readonly maps: readonly Smap[];
  readonly memory: ReadonlyMap<Smap, Buffer>;
}

const isOf = ({ start, end }: Smap, address: number): boolean => address >= start && address < end;

/** All that can be read of it: what the kernel has for itself cannot. */
function look(tracee: Tracee): Seen {
  const maps = readSmaps(tracee).filter(
    ({ name }) => !['[vsyscall]', '[vvar]', '[vvar_vclock]'].includes(name),
  );
  const readable = maps.filter(({ rights, start, end }) => rights.startsWith('r') && end - start < 2 ** 26);
  return { maps, memory: new Map(readable.map((map) => [map, tracee.read(map.start, map.end - map.start)])) };
}

const observe = (image: BoundImage): Promise<Seen> => withPlaces([image], () => atExit(image, look));

/** Of all code the longest piece is libc's, in whichever file it stands. */
const libc = ({ maps }: Seen): number =>
  maps
    .filter(({ rights }) => rights[2] === 'x')
    .reduce((most, each) => (each.end - each.start > most.end - most.start ? each : most)).start;

/** Two processes; where addresses are drawn, of binds that have drawn differently: one of six is the fewest. */
async function twoBinds(form: string, isDrawn: boolean): Promise<readonly [Seen, Seen]> {
  const first = await observe(await binder.bind(program, form));
  for (let tries = 0; ; tries++) {
    const second = await observe(await binder.bind(program, form));
    if (!isDrawn || libc(second) !== libc(first) || tries === 30) return [first, second];
  }
}

/** Mappings at addresses where the other process has the same rights. */
function constantOf(one: Seen, other: Seen): Smap[] {
  return one.maps.filter((map) =>
    other.maps.some((each) => each.rights === map.rights && each.start < map.end && map.start < each.end),
  );
}

/** Whether a word of these mappings leads into code that is not at the same address in the other process. */
function tellsCode({ maps, memory }: Seen, constant: readonly Smap[]): boolean {
  const moved = maps.filter((map) => map.rights[2] === 'x' && !constant.includes(map));
  return constant.some((map) => {
    const bytes = memory.get(map) ?? Buffer.alloc(0);
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      const word = Number(bytes.readBigUInt64LE(at));
      if (word !== 0 && moved.some((each) => isOf(each, word))) return true;
    }
    return false;
  });
}

describe.each(systems.flatMap((system) => system.variants.map((variant) => ({ system, variant }))))(
  '$system.id:$variant.id',
  ({ system, variant }) => {
    test('has at constant addresses what it states', async ({ skip }) => {
      const form = `${system.id}:${variant.id}`;
      const reason = reasonToHandOver(await binder.bind(program, form));
      if (reason !== undefined) skip(reason);
      const isDrawn = variant.randomness.some(({ drawn }) => drawn !== 'never');
      const [first, second] = await twoBinds(form, isDrawn);
      expect(libc(first) !== libc(second)).toBe(isDrawn);
      if (!isDrawn) return;
      const constant = constantOf(first, second);
      expect({
        called: constant.some(({ rights }) => rights[2] === 'x'),
        read: tellsCode(first, constant),
      }).toEqual({
        called: variant.constants?.called !== undefined,
        read: variant.constants?.read !== undefined,
      });
    });
  },
);
