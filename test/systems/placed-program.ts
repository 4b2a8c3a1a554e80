/** Programs of rebase-startup whose modules want the addresses that a test chooses. */
import path from 'node:path';
import { expect } from 'vitest';
import { captureProgram } from '../../src/capture/capture-program.ts';
import { moduleSpan } from '../../src/capture/module-span.ts';
import { drawBase } from '../../src/capture/placement.ts';
import type { Arrangement } from '../../src/ranges/arrangement.ts';
import { bindPrograms } from '../../src/bind/bind-programs.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';
import { valueOf } from '../../src/util/outcome.ts';
import { defaultGap } from '../../src/files/member-filing.ts';
import { movableModules, orderOf } from '../../src/ranges/place-programs.ts';
import { writeImage } from '../../src/image/write-image.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import type { Program } from '../../src/program/program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import type { Explained, ExplainedCaptures } from '../../src/provenance/explained.ts';
import { rebaseStartup } from '../../src/systems/rebase-startup/rebase-startup-system.ts';
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
export async function placeProgram(
  file: string,
  wish: Wish,
  { output, variant, asInterpreter, onCollision }: Form,
): Promise<PlacedProgram> {
  const program = loadProgram(file);
  const space = { base: drawBase(), bits: 40 };
  const holdings = movableModules(program).map((module) => {
    const { start, end } = moduleSpan(module);
    const size = roundUp(end - start);
    return { key: module.path, start: wish(module.name, size, space.base), size };
  });
  const explained = explainInOrder(program, orderOf(program, holdings));
  const usual = variantOf(rebaseStartup, variant).arrangement!;
  const image = `${output}.image`;
  let files = 0;
  const { outcomes } = await bindPrograms({
    arrangement: { ...usual, onCollision: onCollision ?? usual.onCollision },
    ...{ space, gap: defaultGap, readers: 'everybody', grows: false, stock: { modules: [], runs: [] } },
    newFile: (name) => `${output}.${path.basename(name)}.${files++}`,
    shown: { path: '', files: '' },
    place: () => {
      const partitions = [{ name: 'all', modules: holdings.map(({ key }) => key) }];
      return { holdings, partitions, failures: new Map() };
    },
    explain: () => Promise.resolve([{ value: explained }]),
    write: ({ placed, composed }) =>
      writeImage(placed, composed, { output, imagePath: image, asInterpreter }),
  });
  outcomes.map(valueOf);
  return { file: output, image, explained };
}

/** Builds a program whose modules must find their addresses in 2^`window` bytes. */
export async function placeInWindow(file: string, window: number, output: string): Promise<PlacedProgram> {
  const program = loadProgram(file);
  let explained: ExplainedCaptures | undefined;
  const explain = (order: readonly string[] = []): Promise<Explained> =>
    Promise.resolve((explained = explainInOrder(program, order)));
  const request = { outputs: [output], folder: `${output}.files`, asInterpreter: false, window };
  const variant = variantOf(rebaseStartup, 'collision');
  const [outcome] = await buildVariant(variant, [{ program, explained: explain }], request);
  expect(outcome).toHaveProperty('value');
  return { file: output, image: `${output}.image`, explained: explained! };
}

function explainInOrder(program: Program, order: readonly string[]): ExplainedCaptures {
  const rank = new Map(order.map((each, index) => [each, index]));
  const modules = [...program.modules].sort((a, b) => (rank.get(a.path) ?? 0) - (rank.get(b.path) ?? 0));
  return explainCaptures(captureProgram(program, () => undefined, modules));
}

/** Everything wants to be at one place. */
export const atOnePlace: Wish = (_name, _size, base) => base;
