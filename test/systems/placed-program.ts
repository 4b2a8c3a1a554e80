/** Programs of rebase-startup whose modules want the addresses that a test chooses. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { captureProgram } from '../../src/capture/capture-program.ts';
import { moduleSpan } from '../../src/capture/module-span.ts';
import { drawBase } from '../../src/capture/placement.ts';
import type { Arrangement } from '../../src/ranges/arrangement.ts';
import { layOut } from '../../src/files/lay-out.ts';
import { defaultGap } from '../../src/files/member-filing.ts';
import { movableModules, orderOf } from '../../src/ranges/place-programs.ts';
import { writeImage } from '../../src/image/write-image.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import type { Program } from '../../src/program/program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import type { Explained, ExplainedCaptures } from '../../src/provenance/explained.ts';
import { rebaseStartup } from '../../src/systems/rebase-startup/rebase-startup-system.ts';
import { nativePart } from '../../src/util/native.ts';
import type { Address } from '../../src/util/units.ts';
import { roundUp } from '../../src/util/units.ts';

export interface PlacedProgram {
  /** The launcher, or the copy of the program. */
  readonly file: string;
  readonly image: string;
  readonly explained: Explained;
}

/** A module's name and bytes, and the space's base → where it wants to be. */
export type Wish = (name: string, size: number, base: Address) => Address;

interface Form {
  readonly variant: 'collision' | 'slide';
  readonly asInterpreter: boolean;
  readonly output: string;
  readonly onCollision?: Arrangement['onCollision'];
}

/** Builds a program whose modules want to be at these addresses. */
export function placeProgram(file: string, wish: Wish, { output, variant, ...form }: Form): PlacedProgram {
  const program = loadProgram(file);
  const space = { base: drawBase(), bits: 40 };
  const holdings = movableModules(program).map((module) => {
    const { start, end } = moduleSpan(module);
    const size = roundUp(end - start);
    return { key: module.path, start: wish(module.name, size, space.base), size };
  });
  const explained = explainInOrder(program, orderOf(program, holdings));
  const usual = rebaseStartup.arrangements[variant]!;
  let files = 0;
  const { programs } = layOut({
    blueprints: [explained],
    arrangement: { ...usual, onCollision: form.onCollision ?? usual.onCollision },
    ...{ space, holdings },
    partitions: [{ name: 'all', modules: holdings.map(({ key }) => key) }],
    stock: { modules: [], runs: [] },
    newFile: (name) => `${output}.${path.basename(name)}.${files++}`,
    loader: readFileSync(nativePart('loader.bin')),
    shown: { path: '', files: '' },
    gap: defaultGap,
  });
  const image = `${output}.image`;
  const [laidOut] = programs;
  if (!laidOut) throw new Error('no program');
  if ('failure' in laidOut) throw laidOut.failure;
  const { placed, composed } = laidOut;
  writeImage(placed, composed, { output, imagePath: image, asInterpreter: form.asInterpreter });
  return { file: output, image, explained };
}

/** Builds a program whose modules must find their addresses in 2^`window` bytes. */
export async function placeInWindow(file: string, window: number, output: string): Promise<PlacedProgram> {
  const program = loadProgram(file);
  let explained: ExplainedCaptures | undefined;
  const explain = (order: readonly string[] = []): Promise<Explained> =>
    Promise.resolve((explained = explainInOrder(program, order)));
  const request = { outputs: [output], folder: `${output}.files`, asInterpreter: false, window };
  const [outcome] = await rebaseStartup.build([{ program, explained: explain }], {
    ...request,
    variant: 'collision',
  });
  expect(outcome).toHaveProperty('image');
  return { file: output, image: `${output}.image`, explained: explained! };
}

function explainInOrder(program: Program, order: readonly string[]): ExplainedCaptures {
  const rank = new Map(order.map((each, index) => [each, index]));
  const modules = [...program.modules].sort((a, b) => (rank.get(a.path) ?? 0) - (rank.get(b.path) ?? 0));
  return explainCaptures(captureProgram(program, () => undefined, modules));
}

/** Everything wants to be at one place. */
export const atOnePlace: Wish = (_name, _size, base) => base;
