/** What is measured, in a form that tells whether a journal is of the same: every file, system, setting, and the machine. */
import type { CallSettings } from './call-measurement.ts';
import { readMachine } from './machine.ts';
import type { MeasureRequest } from './measure-systems.ts';
import type { Choice } from './build-all.ts';
import type { Machine, Settings } from './measurement.ts';
import type { RunSettings } from './subject.ts';

/** The field `request` of a journal's first line: docs/formats/journal.md. */
export interface DescribedRequest {
  readonly programs: { readonly path: string; readonly arguments: string[]; readonly processes: number }[];
  readonly files: DescribedFile[];
  /** `got-plt:lazy`. */
  readonly systems: string[];
  readonly settings: Pick<Settings, 'runs' | 'moment' | 'mode'> & {
    readonly counts: number[];
    readonly window?: number;
    readonly cold?: boolean;
    readonly zram?: boolean;
    readonly calls?: CallSettings;
  };
  readonly machine: Machine;
}

/** Of each module of each program, those among them that it opens. Decimal. */
interface DescribedFile {
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  readonly size: string;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
}

export interface RequestSettings extends RunSettings {
  readonly choices: readonly Choice[];
  readonly calls?: CallSettings;
}

export function describeRequest(
  programs: readonly MeasureRequest[],
  { choices, calls, runs, moment, mode = 'custom', counts = [], cold, zram }: RequestSettings,
): DescribedRequest {
  const window = choices[0]?.window;
  return {
    programs: programs.map(({ subject, arguments: args, processes }) => ({
      ...{ path: subject.program.invocation, arguments: [...args], processes },
    })),
    files: describeFiles(programs),
    systems: choices.map(({ system, variant }) => `${system.id}:${variant}`),
    settings: {
      ...{ runs, moment, mode, counts: [...counts] },
      ...(window !== undefined && { window }),
      ...(cold !== undefined && { cold }),
      ...(zram !== undefined && { zram }),
      ...(calls && { calls }),
    },
    machine: readMachine(),
  };
}

/** Each once. */
function describeFiles(programs: readonly MeasureRequest[]): DescribedFile[] {
  const modules = programs.flatMap(({ subject: { program } }) => [...program.modules, ...program.opened]);
  const byPath = new Map(modules.map((module) => [module.path, module.identity]));
  return [...byPath].map(([path, { device, inode, size, mtimeNs, ctimeNs }]) => ({
    path,
    device: String(device),
    inode: String(inode),
    size: String(size),
    mtimeNs: String(mtimeNs),
    ctimeNs: String(ctimeNs),
  }));
}
