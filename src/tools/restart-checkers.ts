/** What looks for processes of files that were replaced: needrestart and checkrestart. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Tool } from '../systems/seen-by.ts';
import type { Skipped, Trial } from './run-tool.ts';
import { runTool } from './run-tool.ts';
import type { Subject } from './subject.ts';
import { replaceLibrary, watched } from './watched-program.ts';

type Checker = Extract<Tool, 'needrestart' | 'checkrestart'>;
type Answers = Readonly<Record<Checker, string | Skipped>>;

/** The library is replaced, and where that is not seen the program is bound again, as an update does. */
export async function tryRestartCheckers(
  { folder, program }: Subject,
  pid: number,
  bindAgain: () => Promise<unknown>,
): Promise<Readonly<Record<Checker, Trial>>> {
  replaceLibrary(program);
  const before = await ask(folder, pid);
  await bindAgain();
  const after = await ask(folder, pid);
  const judge = (checker: Checker): Trial => {
    const [first, second] = [before[checker], after[checker]];
    if (typeof first !== 'string') return first;
    if (first.includes(`/${watched.library}`)) return 'all';
    return typeof second === 'string' && second !== '' ? 'afterBind' : 'nothing';
  };
  return { needrestart: judge('needrestart'), checkrestart: judge('checkrestart') };
}

/** What each of them says of the process; empty: nothing. */
async function ask(folder: string, pid: number): Promise<Answers> {
  return { needrestart: await askNeedrestart(folder, pid), checkrestart: await askCheckrestart(pid) };
}

/** Its own list leaves out what is below /tmp. */
const configuration = '$nrconf{blacklist_mappings} = [];\n';

async function askNeedrestart(folder: string, pid: number): Promise<string | Skipped> {
  const file = path.join(folder, 'needrestart.conf');
  writeFileSync(file, configuration);
  const { text, failure } = await runTool('needrestart', ['-c', file, '-b', '-v', '-r', 'l', '-l']);
  if (failure) return failure;
  return text
    .split('\n')
    .filter((line) => line.includes(`#${String(pid)} uses `))
    .join('\n');
}

async function askCheckrestart(pid: number): Promise<string | Skipped> {
  const { text, failure } = await runTool('checkrestart', ['-v', '-a']);
  if (failure) return failure;
  const own = text.split(/^\[DEBUG\] Process /m).find((part) => part.includes(`(PID: ${String(pid)})`));
  return own?.split('[DEBUG]')[0] ?? '';
}
