/**
 * Whether the compared things did the same: figures of a program that went another way mean nothing. The program runs
 * twice as it is, which tells what of it is the same every time at all, and then once under each system.
 */
import type { Warning } from './measurement.ts';
import type { Behaviour } from './observe.ts';
import { didNotEnd, observe } from './observe.ts';
import type { Command } from './stopwatch.ts';

export interface NamedCommand {
  /** For messages. */
  readonly name: string;
  readonly command: Command;
}

export interface BehaviourReport {
  /** The program ends by itself within the limit. */
  readonly ends: boolean;
  readonly warnings: readonly Warning[];
  /** By name: commands that a signal ended, or that did not end, where the program itself ends well. */
  readonly failures: ReadonlyMap<string, string>;
}

/** What of a program is the same in two runs and can be compared with a third. */
interface Reference extends Behaviour {
  readonly comparable: readonly (keyof Behaviour)[];
}

/**
 * Compares standard output, standard error and exit status. `reference` is the program under the platform's linker.
 * Throws LinkonceError where that cannot be executed.
 */
export async function checkBehaviour(
  reference: Command,
  subjects: readonly NamedCommand[],
  limitMs: number,
  onProgress: (step: string) => void = () => undefined,
): Promise<BehaviourReport> {
  onProgress('comparing what the program does');
  const first = await observe(reference, limitMs);
  if (first.end === didNotEnd) return report(false, [endlessWarning(reference, limitMs)]);
  const expected = compareTwice(first, await observe(reference, limitMs));
  const seen = new Map<string, Behaviour>();
  for (const { name, command } of subjects) {
    onProgress(`comparing what the program does: ${name}`);
    seen.set(name, await observe(command, limitMs));
  }
  return judge(reference, expected, seen);
}

function compareTwice(first: Behaviour, second: Behaviour): Reference {
  const comparable = (['end', 'stdout', 'stderr'] as const).filter((part) => first[part] === second[part]);
  return { ...first, comparable };
}

function judge(command: Command, expected: Reference, seen: ReadonlyMap<string, Behaviour>): BehaviourReport {
  const warnings = variableWarnings(command, expected);
  const failures = new Map<string, string>();
  for (const [name, behaviour] of seen) {
    const differing = expected.comparable.filter((part) => behaviour[part] !== expected[part]);
    if (differing.includes('end')) {
      const message = `ends with ${behaviour.end}, the program with ${expected.end}`;
      if (isExit(expected.end) && !isExit(behaviour.end)) failures.set(name, message);
      else warnings.push({ kind: 'exit-status', message: `${name} ${message}` });
    }
    const streams = differing.filter((part) => part !== 'end');
    if (streams.length > 0 && !failures.has(name))
      warnings.push({
        kind: 'output-differs',
        message: `${name}: ${streams.join(' and ')} not the program's`,
      });
  }
  return report(true, warnings, failures);
}

/** Says what could not be compared, since the program differs from itself. */
function variableWarnings(command: Command, { comparable }: Reference): Warning[] {
  const warnings: Warning[] = [];
  const streams = (['stdout', 'stderr'] as const).filter((part) => !comparable.includes(part));
  const twice = `${command.file}: two ordinary runs differ in`;
  if (streams.length > 0)
    warnings.push({ kind: 'output-differs', message: `${twice} ${streams.join(' and ')}: not compared` });
  if (!comparable.includes('end'))
    warnings.push({ kind: 'exit-status', message: `${twice} their exit status: not compared` });
  return warnings;
}

function endlessWarning(command: Command, limitMs: number): Warning {
  const message = `${command.file} did not end by itself in ${limitMs / 1000} s: start-up not timed, output not compared`;
  return { kind: 'did-not-end', message };
}

function isExit(end: string): boolean {
  return end.startsWith('status');
}

function report(
  ends: boolean,
  warnings: readonly Warning[],
  failures: ReadonlyMap<string, string> = new Map(),
): BehaviourReport {
  return { ends, warnings, failures };
}
