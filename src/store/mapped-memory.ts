/** What a plan maps where: the loader's work on paper. */
import type { DecodedOpened } from '../image/decode-opened.ts';
import { operations, planOffset } from '../image/plan-layout.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { pathOf } from '../image/plan.ts';
import { rangeAt } from '../util/search.ts';
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

/** Of one region that may move, or of all others: the former may overlap in the plan. */
interface RegionMappings {
  /** They do not overlap. */
  readonly base: Mapping[];
  /** What replaces parts of them, in the plan's order. */
  readonly over: Mapping[];
}

/** Answers for any page of a prepared module what is mapped there when it is opened; elsewhere it is as in the module's file. */
export class OpenedMemory {
  /** What comes later replaces what is there. */
  readonly #mappings: readonly Mapping[];

  /** `image`: path of the table's own file. */
  constructor(table: DecodedOpened, image: string) {
    const files = table.rows('files').map(({ inode, path }) => (inode === 0n ? image : table.text(path)));
    this.#mappings = table.rows('pieces').map(({ address, length, offset, file }) => {
      const [start, from] = [Number(address), Number(offset)];
      return { start, end: start + Number(length), path: files[Number(file)], offset: from };
    });
  }

  at(page: Address): MappedPlace | undefined {
    const found = this.#mappings.findLast(({ start, end }) => page >= start && page < end);
    return found && { path: found.path, offset: found.offset + page - found.start };
  }
}

/** Answers for any address what is mapped there in the end, where nothing moved. */
export class MappedMemory {
  readonly #regions: readonly RegionMappings[];
  readonly #others: RegionMappings;
  readonly #isMovable: readonly boolean[];

  /** `image`: path of the plan's own file. */
  constructor(plan: DecodedPlan, image: string) {
    const { plan_address: head, head_size: size } = plan.header;
    const end = Number(head + size);
    const first: Mapping = { start: Number(head), end, path: image, offset: planOffset };
    this.#isMovable = plan.rows('regions').map(({ alignment }) => alignment !== 0n);
    this.#regions = this.#isMovable.map(() => ({ base: [], over: [] }));
    this.#others = { base: [first], over: [] };
    const steps = plan.rows('steps');
    let next = 0;
    for (const backing of plan.rows('backings')) {
      const path = pathOf(plan, backing) || image;
      const end = next + Number(backing.steps);
      for (; next < end; next++) addStep(steps[next] ?? {}, path, this.#of(Number(steps[next]?.region)));
    }
    for (const { base } of [this.#others, ...this.#regions]) base.sort((a, b) => a.start - b.start);
  }

  /** `region`: row of the plan's regions that the page belongs to. */
  at(page: Address, region: number): MappedPlace | undefined {
    const { base, over } = this.#of(region);
    const found = over.findLast(({ start, end }) => page >= start && page < end) ?? rangeAt(base, page);
    return found && { path: found.path, offset: found.offset + page - found.start };
  }

  #of(region: number): RegionMappings {
    return (this.#isMovable[region] ? this.#regions[region] : undefined) ?? this.#others;
  }
}

function addStep(step: Readonly<Record<string, bigint>>, path: string, { base, over }: RegionMappings): void {
  const [start, length, offset] = [Number(step.address), Number(step.length), Number(step.offset)];
  const mapping = { start, end: start + length, path, offset };
  const zero = { ...mapping, path: undefined, offset: 0 };
  const operation = Number(step.operation);
  if (operation === operations.mapFile || operation === operations.fill) base.push(mapping);
  else if (operation === operations.mapZero) base.push(zero);
  else if (operation === operations.mapFileOver) over.push(mapping);
  else if (operation === operations.mapZeroOver) over.push(zero);
}
