/**
 * Chrome's Trace Event Format, as far as linkonce writes it: the JSON object form, complete events (`X`) and names (`M`), with the fields
 * that its specification wants of them, and no others. `ts` and `dur` are microseconds; an event of a thread lies wholly within another
 * one of it, or apart from it.
 */
import { expect } from 'vitest';
import { z } from 'zod';

const time = z.number().nonnegative();
const place = { pid: z.int(), tid: z.int() };
const complete = z.strictObject({
  name: z.string().min(1),
  cat: z.string(),
  ph: z.literal('X'),
  ts: time,
  dur: time,
  ...place,
  args: z.record(z.string(), z.string()).optional(),
});
const named = z.strictObject({
  name: z.enum(['process_name', 'thread_name']),
  ph: z.literal('M'),
  ...place,
  args: z.strictObject({ name: z.string().min(1) }),
});

const schema = z.strictObject({
  traceEvents: z.array(z.discriminatedUnion('ph', [complete, named])),
  displayTimeUnit: z.enum(['ms', 'ns']),
  otherData: z.record(z.string(), z.string()),
});

type Trace = z.infer<typeof schema>;
type Complete = z.infer<typeof complete>;

/** Fails where a text is no such trace; answers it. */
export function expectTrace(text: string): Trace {
  const trace = schema.parse(JSON.parse(text));
  const events = trace.traceEvents.filter((event): event is Complete => event.ph === 'X');
  for (const one of events)
    for (const other of events) {
      if (one === other || one.pid !== other.pid || one.tid !== other.tid) continue;
      expect(isNested(one, other) || isNested(other, one) || isApart(one, other)).toBe(true);
    }
  return trace;
}

/** What additions of times may be off by, µs. */
const rounding = 1e-6;
const endOf = ({ ts, dur }: Complete): number => ts + dur;
const isNested = (inner: Complete, outer: Complete): boolean =>
  inner.ts >= outer.ts - rounding && endOf(inner) <= endOf(outer) + rounding;
const isApart = (one: Complete, other: Complete): boolean =>
  endOf(one) <= other.ts + rounding || endOf(other) <= one.ts + rounding;
