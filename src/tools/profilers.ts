/** What counts and samples: perf, and uprobes, here of bpftrace. */
import path from 'node:path';
import type { Sight } from '../systems/seen-by.ts';
import type { Trial } from './run-tool.ts';
import { runTool } from './run-tool.ts';
import type { Subject } from './subject.ts';
import { watched } from './watched-program.ts';

/** How long samples are taken. */
const seconds = '0.3';

/** `-N`: otherwise perf links the files into a folder of its own, and all launchers of the libraries hand over (docs/limits.md). */
export async function tryPerf({ folder }: Subject, pid: number): Promise<Trial> {
  const data = path.join(folder, 'perf.data');
  const of = ['-e', 'cpu-clock:u', '-F', '999', '-o', data, '-p', String(pid)];
  const recorded = await runTool('perf', ['record', '-N', '-q', ...of, '--', 'sleep', seconds]);
  if (recorded.failure) return recorded.failure;
  const { text } = await runTool('perf', ['report', '-i', data, '--stdio', '-q', '--sort', 'dso,symbol']);
  const has = (file: string, name: string): boolean =>
    new RegExp(`${file}\\s+\\[\\.\\] ${name}\\b`).test(text);
  return sightOf((program, library) => has(program, watched.inProgram) && has(library, watched.inLibrary));
}

/** `names`: whether the functions are named in files that match. */
export function sightOf(names: (program: string, library: string) => boolean): Sight {
  if (names(`\\b${watched.program}`, `\\b${watched.library}`)) return 'all';
  return names('\\S', '\\S') ? 'ownFiles' : 'nothing';
}

/** The probe stands in the library's own file, and ends with its first hit. */
export async function tryUprobes({ folder }: Subject): Promise<Trial> {
  const probe = `uprobe:${path.join(folder, watched.library)}:${watched.inLibrary} { @n = count(); exit(); }`;
  const { text, failure } = await runTool('bpftrace', ['-e', `${probe} interval:s:1 { exit(); }`]);
  if (failure) return failure;
  return /^@n: [1-9]/m.test(text) ? 'all' : 'nothing';
}
