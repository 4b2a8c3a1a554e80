/** What a plan has the loader do, by name: which header fields, tables, operations and sources it has at all. */
import { headerFields, planFlags, tables, type TableName } from '../../src/image/plan-layout.ts';
import { readPlan } from '../../src/image/verify-image.ts';

/** Columns whose values choose what is done. */
const choices: readonly string[] = ['operation', 'source', 'type', 'kind', 'number'];

export function planFeatures(image: string): ReadonlySet<string> {
  const plan = readPlan(image);
  const scalars = Object.keys(headerFields).filter(
    (name) => plan.header[name as keyof typeof headerFields] !== 0n,
  );
  const flags = Object.entries(planFlags).filter(([, bit]) => plan.header.flags & BigInt(bit));
  const rows = (Object.keys(tables) as TableName[]).flatMap((table) =>
    plan
      .rows(table)
      .flatMap((row: Readonly<Record<string, bigint>>) => [
        table,
        ...choices.flatMap((column) => (column in row ? `${table} ${column} ${String(row[column])}` : [])),
      ]),
  );
  return new Set([...scalars, ...flags.map(([name]) => name), ...rows]);
}
