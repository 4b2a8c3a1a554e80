/**
 * A restored process at the handoff point, looked at from outside: its memory, its protections, and which of its pages
 * are its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { captureProgram } from '../../src/capture/capture-program.ts';
import { readMaps } from '../../src/capture/memory-map.ts';
import { PageMap } from '../../src/capture/page-map.ts';
import { Tracee } from '../../src/capture/ptrace.ts';
import { plannedActions } from '../../src/image/actions.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import { packedLayout, regionShift } from '../../src/provenance/layout.ts';
import { image } from '../../src/systems/image/image-system.ts';
import { pageSize, roundDown } from '../../src/util/units.ts';
import { testProgram } from '../programs/build.ts';
import { runToHandoff } from './follow-loader.ts';
import { prefaultedPages } from './prefaulted.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-restored-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe.each(['threads', 'tls-models', 'copy-relocation', 'exceptions'])('%s', async (name) => {
  const program = loadProgram(testProgram(name).path);
  const explained = explainCaptures(captureProgram(program));
  const subject = { program, explained: () => Promise.resolve(explained) };
  const output = path.join(directory, name);
  await buildVariant(variantOf(image, 'single'), [subject], {
    outputs: [output],
    folder: `${output}.files`,
    asInterpreter: false,
  });
  const plan = readPlan(`${output}.image`);

  /** Runs the launcher to the handoff point and looks. */
  function atHandoff<T>(look: (tracee: Tracee) => T): T {
    const tracee = Tracee.start({ file: output, argv: [output], environment: {}, quiet: true });
    try {
      const stack = tracee.registers().get('rsp');
      runToHandoff(tracee, plan);
      expect(tracee.registers().get('rip')).toBe(plan.header.handoff);
      expect(tracee.registers().get('rsp')).toBe(stack);
      expect(tracee.registers().get('rax')).toBe(plan.header.rax);
      return look(tracee);
    } finally {
      tracee.end();
    }
  }

  test('only pages with words of the process are its own', () => {
    const patched = new Set<number>();
    for (const word of plan.rows('words')) {
      patched.add(roundDown(Number(word.address)));
      patched.add(roundDown(Number(word.address) + Number(word.width) - 1));
    }
    // The kernel writes the thread's id when it ends, and the rseq area now.
    for (const { value } of plannedActions(plan, 'registerRseq')) patched.add(roundDown(Number(value)));
    expect(patched.size).toBeLessThan(12);
    const own = atHandoff((tracee) => {
      const pages = new PageMap(tracee.pid);
      const lines = readMaps(tracee.pid).filter(({ name }) => !name.startsWith('['));
      return lines.flatMap(({ start, end }) => pages.read(start, end).notOfFile);
    });
    const expected = new Set([...patched, ...prefaultedPages(plan)]);
    expect([...new Set(own)].sort()).toEqual([...expected].sort());
  });

  test('its ranges have the protections that the linker gave them, and none is writable and executable', () => {
    const maps = atHandoff((tracee) => readMaps(tracee.pid));
    expect(maps.filter((line) => (line.protection & 6) === 6)).toEqual([]);
    const headEnd = plan.header.loader_address + plan.header.loader_size;
    const layout = packedLayout(explained, Number(headEnd));
    explained.captures.first.regions.forEach((region, index) => {
      for (const mapping of region.mappings) {
        const shift = regionShift(explained, layout, index);
        for (let page = mapping.start; page < mapping.end; page += pageSize) {
          const line = maps.find((each) => page + shift >= each.start && page + shift < each.end);
          expect(line?.protection, `${region.module?.name ?? ''} 0x${page.toString(16)}`).toBe(
            mapping.protection,
          );
        }
      }
    });
  });

  test('the launcher’s own pages are gone', () => {
    const names = atHandoff((tracee) => readMaps(tracee.pid)).map((line) => line.name);
    expect(names).not.toContain(output);
    expect(new Set(names.filter((each) => each.startsWith('/')))).toEqual(new Set([`${output}.image`]));
  });
});
