/**
 * What a process does at its start once its memory is there. The linker's registrations with the kernel, and what a system wants
 * beside, are rows of one table; whoever carries them does not look into them. A new action is a row of `actions` in
 * plan-layout.ts, a case in native/actions.h, and the system that wants it.
 */
import type { Registrations } from '../capture/capture.ts';
import type { Blueprint } from '../provenance/explained.ts';
import { findUnwindTable } from '../provenance/unwind-table.ts';
import type { Address } from '../util/units.ts';
import type { DecodedPlan, DecodedRow, TableRows } from './plan.ts';
import { actions } from './plan-layout.ts';
import type { Located, PlanRegions } from './regions.ts';

export type Action = TableRows<'actions'>[number];
type Operation = keyof typeof actions;

/** See `actions` for what the numbers are. An address that is given as such never moves. */
export function action(operation: Operation, value: Address | Located, second = 0, third = 0): Action {
  const { address, region } = typeof value === 'number' ? { address: value, region: 0 } : value;
  const numbers = { value: address, second_argument: second, third_argument: third };
  return { operation: actions[operation], ...numbers, region };
}

/** What the linker told the kernel of its thread. */
export function registrationActions(registrations: Registrations, regions: PlanRegions): Action[] {
  const { fsBase, threadIdAddress, robustList, rseq } = registrations;
  return [
    ...(threadIdAddress === undefined ? [] : [action('setThreadIdAddress', regions.locate(threadIdAddress))]),
    action('setFs', regions.locate(fsBase)),
    ...(robustList ? [action('setRobustList', regions.locate(robustList.head), robustList.length)] : []),
    ...(rseq ? [action('registerRseq', regions.locate(rseq.address), rseq.length, rseq.signature)] : []),
  ];
}

/** For modules that move apart. Throws Refusal where the linker must have its table of modules and it is not found. */
export function unwindActions(blueprint: Blueprint, regions: PlanRegions): Action[] {
  const table = findUnwindTable(blueprint);
  return table ? [action('sortUnwindTable', regions.locate(table.address), table.count)] : [];
}

/** Those of one kind in a plan. */
export function plannedActions(plan: DecodedPlan, operation: Operation): DecodedRow<'actions'>[] {
  return plan.rows('actions').filter((row) => row.operation === BigInt(actions[operation]));
}
