/**
 * Scripts that a person names in place of the program that they start. Which one that is, in general only a run tells; plain scripts
 * say it: their last command, whatever was decided before, executes one file by its whole path.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LinkonceError } from '../util/errors.ts';
import { attempt } from '../util/outcome.ts';
import { isLinkerVariable } from './environment.ts';
import type { FileKind } from './file-kind.ts';
import { fileKind } from './file-kind.ts';

const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'mksh', 'zsh', 'busybox']);

export function isShell(file: string): boolean {
  return shells.has(path.basename(file));
}

/** `#!/bin/sh`, `#!/usr/bin/env bash`; undefined for what is no script. */
export function interpreterOf(file: string): string | undefined {
  const kind: FileKind = fileKind(file);
  return kind.kind === 'script' ? kind.interpreter : undefined;
}

/** Whether a shell runs it: other interpreters are programs that a person may bind themselves. */
export function isShellScript(file: string): boolean {
  const words = interpreterOf(file)?.split(/\s+/) ?? [];
  const [first = '', ...rest] = words;
  const named = path.basename(first) === 'env' ? rest.find((word) => !/^-|=/.test(word)) : first;
  return named !== undefined && isShell(named);
}

/** Scripts may start scripts. */
const longestChain = 8;

/** The program that a plain shell script starts, through others; undefined where that cannot be read from it. */
export function plainTarget(script: string): string | undefined {
  let file: string | undefined = script;
  for (let left = longestChain; left > 0 && file !== undefined && isShellScript(file); left--)
    file = lastCommand(file);
  return file === undefined || isShellScript(file) || interpreterOf(file) !== undefined ? undefined : file;
}

/** Programs that execute another one, which their arguments name. */
const starters: ReadonlySet<string> = new Set([
  ...['env', 'nice', 'nohup', 'setsid', 'stdbuf', 'timeout', 'ionice', 'taskset', 'chrt', 'sudo', 'doas'],
  ...[
    'chroot',
    'unshare',
    'nsenter',
    'setpriv',
    'runuser',
    'su',
    'xargs',
    'time',
    'strace',
    'gdb',
    'valgrind',
  ],
]);

/** `exec [-a NAME] /PATH …`, or `/PATH … "$@"`: the path has nothing in it that a shell would replace. */
const execution =
  /^exec\s+(?:-a\s+(?:"[^"]*"|'[^']*'|[^\s"']+)\s+)?(["']?)(\/[^\s"'$`\\*?[\]{};|&<>()~]+)\1(?:\s+[^;|&]*)?$/;
const plainCall = /^(["']?)(\/[^\s"'$`\\*?[\]{};|&<>()~]+)\1\s(?:[^;|&]*\s)?"\$@"$/;

function lastCommand(script: string): string | undefined {
  const read = attempt(() => readText(script));
  if ('failure' in read || setsLinkerVariables(read.value)) return undefined;
  const commands = read.value
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = commands.at(-1) ?? '';
  const target = (execution.exec(last) ?? plainCall.exec(last))?.[2];
  const others = commands.slice(0, -1).filter((line) => /\bexec\s+[^<>&\s\d]/.test(line));
  const isPlain = others.length === 0 && target !== undefined && !starters.has(path.basename(target));
  return isPlain ? target : undefined;
}

function readText(script: string): string {
  try {
    return readFileSync(script, 'utf8');
  } catch (error) {
    throw new LinkonceError(`${script}: cannot be read`, { cause: error });
  }
}

/** What the program is bound for then depends on the run. */
function setsLinkerVariables(text: string): boolean {
  return (text.match(/[A-Z_a-z]\w*(?==)/g) ?? []).some(isLinkerVariable);
}

/** One line for those who need an ELF program. */
export function describeScript(file: string): string {
  const line = `${file} is a script (#!${interpreterOf(file) ?? ''})`;
  if (!isShellScript(file)) return `${line}: bind its interpreter instead`;
  const target = plainTarget(file);
  return target === undefined
    ? `${line}: name the program that it starts; \`bind\` and \`store add\` find it by a run, with --learn ARGS`
    : `${line} that starts ${target}: name that`;
}
