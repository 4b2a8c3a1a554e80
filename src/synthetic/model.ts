/** A set of modules as a value: who uses whom, what each imports, what each function computes. No C yet, no files. */
import { createRandom } from '../util/random.ts';
import type { ReferenceKind, SetDescription } from './description.ts';
import { usesOf } from './shapes.ts';

export interface SetModel {
  readonly description: SetDescription;
  readonly modules: readonly ModuleModel[];
  /** Modules that the executable enters: those that no other module does, ascending. */
  readonly roots: readonly number[];
}

export interface ModuleModel {
  readonly index: number;
  readonly functions: readonly FunctionModel[];
  /** One for each function: the value of the constant of that number. */
  readonly constants: readonly bigint[];
  /** Indices of the modules that it is linked with; all are greater than its own. */
  readonly uses: readonly number[];
  readonly imports: readonly Import[];
  /** Modules whose entry it calls. Each module is entered once, by its first user. */
  readonly enters: readonly number[];
}

/** Returns (x ^ xor) * factor, in 64 bits. */
export interface FunctionModel {
  readonly xor: bigint;
  /** Odd. */
  readonly factor: bigint;
}

export interface Import {
  readonly kind: ReferenceKind;
  readonly module: number;
  /** Number of the function or constant there. */
  readonly item: number;
}

/** The same for the same description, everywhere. */
export function createModel(description: SetDescription): SetModel {
  const random = createRandom(description.seed);
  const uses = usesOf(description, random);
  const enteredBy = uses.map((_, index) => uses.findIndex((used) => used.includes(index)));
  const modules = uses.map((used, index): ModuleModel => {
    const enters = used.filter((other) => enteredBy[other] === index);
    const values = Array.from({ length: description.functions }, () => draw64(random));
    return {
      index,
      functions: values.map((xor) => ({ xor, factor: draw64(random) | 1n })),
      constants: values.map(() => draw64(random)),
      uses: used,
      imports: drawImports(used, description, random),
      enters,
    };
  });
  const roots = modules.filter(({ index }) => enteredBy[index] === -1).map(({ index }) => index);
  return { description, modules, roots };
}

/** Modules take turns first, then kinds, so that each pair of them comes up where there are enough imports. */
function drawImports(
  uses: readonly number[],
  { imports, references, functions }: SetDescription,
  random: (limit: number) => number,
): readonly Import[] {
  if (uses.length === 0) return [];
  return Array.from({ length: imports }, (_, turn) => ({
    kind: references[Math.floor(turn / uses.length) % references.length]!,
    module: uses[turn % uses.length]!,
    item: random(functions),
  }));
}

function draw64(random: (limit: number) => number): bigint {
  return (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));
}
