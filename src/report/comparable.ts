/** What of two measurements can be compared, and what cannot: another machine, other settings, other programs. Nothing here needs Node. */
import type { Machine, MeasuredProgram, Measurement } from '../measure/measurement.ts';
import { baseLine, nameOf } from '../measure/measurement.ts';
import { commandLine, formatMoment, listFew } from './format.ts';

export interface Comparable {
  /** Nanoseconds and milliseconds are of the same machine. */
  readonly sameMachine: boolean;
  /** Start-up in milliseconds; on another machine only how many times as fast as the base line. */
  readonly times: boolean;
  readonly ratios: boolean;
  readonly memory: boolean;
  readonly remarks: readonly string[];
}

export function judgeComparable(before: Measurement, after: Measurement): Comparable {
  const hardware = differences(before.machine, after.machine, ['cpu', 'cores', 'memoryKb']);
  const software = differences(before.machine, after.machine, ['kernel', 'libc', 'node']);
  const sameMachine = hardware.length === 0;
  const sameCold = (before.settings.cold ?? false) === (after.settings.cold ?? false);
  const sameMoment = before.settings.moment === after.settings.moment;
  const remarks = [
    ...(sameMachine ? [] : [otherMachine(hardware)]),
    ...(software.length === 0 ? [] : [`Other software: ${software.join('; ')}.`]),
    ...versions(before, after),
    ...(sameCold
      ? []
      : [
          `Starts were ${before.settings.cold ? 'cold and then warm' : 'warm and then cold'}: start-up is not compared.`,
        ]),
    ...(sameMoment ? [] : [moments(before, after)]),
    ...programs(before, after),
    ...systems(before, after),
  ];
  return {
    sameMachine,
    times: sameMachine && sameCold,
    ratios: !sameMachine && sameCold,
    memory: sameMoment,
    remarks,
  };
}

const names: Readonly<Record<keyof Machine, string>> = {
  cpu: 'processor',
  cores: 'cores',
  memoryKb: 'memory',
  kernel: 'kernel',
  libc: 'C library',
  node: 'Node',
};

function differences(before: Machine, after: Machine, fields: readonly (keyof Machine)[]): readonly string[] {
  const text = (machine: Machine, field: keyof Machine): string =>
    field === 'memoryKb' ? `${(machine.memoryKb / 1024 ** 2).toFixed(0)} GiB` : String(machine[field]);
  return fields
    .filter((field) => text(before, field) !== text(after, field))
    .map((field) => `${names[field]} ${text(before, field)}, then ${text(after, field)}`);
}

function otherMachine(differing: readonly string[]): string {
  return `Another machine (${differing.join('; ')}): times do not compare. Start-up is compared by how many times as fast as ${nameOf(baseLine)} each was on its own machine; calls are left out.`;
}

function versions(before: Measurement, after: Measurement): readonly string[] {
  const [one, other] = [before, after].map(({ linkonce }) => linkonce ?? 'an unknown version');
  return one === other ? [] : [`Measured by linkonce ${String(one)}, then by ${String(other)}.`];
}

function moments(before: Measurement, after: Measurement): string {
  const [one, other] = [before, after].map(({ settings }) => formatMoment(settings.moment));
  return `Memory was weighed ${String(one)}, then ${String(other)}: it is not compared.`;
}

type Program = Pick<MeasuredProgram, 'path' | 'arguments' | 'processes' | 'modules'>;

/** With other arguments it is another one. */
export function isSameProgram(one: Program, other: Program): boolean {
  return one.path === other.path && isSameList(one.arguments, other.arguments);
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, index) => word === other[index]);
}

function programs(before: Measurement, after: Measurement): readonly string[] {
  const only = (own: Measurement, other: Measurement): readonly string[] =>
    own.programs
      .filter((program) => !other.programs.some((one) => isSameProgram(one, program)))
      .map(commandLine);
  const [gone, come] = [only(before, after), only(after, before)];
  const changed = after.programs.flatMap((own) => {
    const earlier = before.programs.find((one) => isSameProgram(one, own));
    return earlier ? changesOf(earlier, own) : [];
  });
  return [
    ...(gone.length === 0 ? [] : [`Measured before only, and not compared: ${gone.join(', ')}.`]),
    ...(come.length === 0 ? [] : [`Measured after only, and not compared: ${come.join(', ')}.`]),
    ...changed,
  ];
}

function changesOf(before: Program, after: Program): readonly string[] {
  const name = commandLine(after);
  return [
    ...(before.modules === after.modules
      ? []
      : [`${name}: ${String(before.modules)} modules, then ${String(after.modules)}.`]),
    ...(before.processes === after.processes
      ? []
      : [
          `${name}: ${String(before.processes)} processes, then ${String(after.processes)}: PSS, which depends on their number, is not compared.`,
        ]),
  ];
}

/** Systems that have figures in one of them only. */
function systems(before: Measurement, after: Measurement): readonly string[] {
  const measured = ({ programs: all }: Measurement): ReadonlySet<string> =>
    new Set(all.flatMap(({ results }) => results.filter(({ status }) => status === 'measured').map(nameOf)));
  const [earlier, later] = [measured(before), measured(after)];
  const only = (own: ReadonlySet<string>, other: ReadonlySet<string>): string[] =>
    [...own].filter((name) => !other.has(name));
  const [gone, come] = [only(earlier, later), only(later, earlier)];
  return [
    ...(gone.length === 0 ? [] : [`Without figures after: ${listFew(gone)}.`]),
    ...(come.length === 0 ? [] : [`Without figures before: ${listFew(come)}.`]),
  ];
}
