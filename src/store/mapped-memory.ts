/** What a plan maps where: the loader's work on paper. */
import { operations } from '../image/plan-layout.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { pathOf } from '../image/plan.ts';
import type { Address, FileOffset } from '../util/units.ts';

/** Where a page comes from; without a path it is fresh zero memory. */
export interface MappedPlace {
  readonly path: string | undefined;
  readonly offset: FileOffset;
}

interface Mapping extends MappedPlace {
  readonly start: Address;
  readonly end: Address;
}

/** Answers for any address what is mapped there in the end. */
export class MappedMemory {
  /** They do not overlap; ascending. */
  readonly #base: readonly Mapping[];
  /** What replaces parts of them, in the plan's order. */
  readonly #over: readonly Mapping[];

  /** `image`: path of the plan's own file. */
  constructor(plan: DecodedPlan, image: string) {
    const { plan_address: head, head_size: size } = plan.header;
    const base: Mapping[] = [{ start: Number(head), end: Number(head + size), path: image, offset: 0 }];
    const over: Mapping[] = [];
    const steps = plan.rows('steps');
    let next = 0;
    for (const backing of plan.rows('backings')) {
      const path = pathOf(plan, backing) || image;
      const end = next + Number(backing.steps);
      for (; next < end; next++) addStep(steps[next] ?? {}, path, base, over);
    }
    this.#base = base.sort((a, b) => a.start - b.start);
    this.#over = over;
  }

  at(page: Address): MappedPlace | undefined {
    const found = this.#over.findLast(({ start, end }) => page >= start && page < end) ?? this.#baseAt(page);
    return found && { path: found.path, offset: found.offset + page - found.start };
  }

  #baseAt(page: Address): Mapping | undefined {
    let [low, high] = [0, this.#base.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#base[middle]?.end ?? 0) <= page) low = middle + 1;
      else high = middle;
    }
    const found = this.#base[low];
    return found && page >= found.start ? found : undefined;
  }
}

function addStep(
  step: Readonly<Record<string, bigint>>,
  path: string,
  base: Mapping[],
  over: Mapping[],
): void {
  const [start, length, offset] = [Number(step.address), Number(step.length), Number(step.offset)];
  const mapping = { start, end: start + length, path, offset };
  const zero = { ...mapping, path: undefined, offset: 0 };
  const operation = Number(step.operation);
  if (operation === operations.mapFile) base.push(mapping);
  else if (operation === operations.mapZero) base.push(zero);
  else if (operation === operations.mapFileOver) over.push(mapping);
  else if (operation === operations.mapZeroOver) over.push(zero);
}
