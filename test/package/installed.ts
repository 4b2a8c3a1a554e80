/**
 * The package as a person has it who knows no more than its file: packed from this checkout, and installed where there is neither compiler nor git,
 * from the cache of npm where that has all, else from the registry. Its install scripts do not run.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/util/native.ts';
import type { Outcome } from '../run-program.ts';
import { runProgram } from '../run-program.ts';

export interface Installed {
  /** The package's file. */
  readonly file: string;
  /** npm's prefix: `bin/linkonce`, `lib/node_modules/linkonce`. */
  readonly prefix: string;
  /** The only folder beside `bin` in PATH. */
  readonly tools: string;
  /** The same without Node. */
  readonly fewTools: string;
}

/** What the wrapper needs, npm, and those who try it as somebody else. */
const toolNames = ['sh', 'node', 'npm', 'env', 'readlink', 'setpriv'];

/** Packs and installs in a folder, which everybody may then enter. Answers why it could not be installed where the registry is not there. */
export async function installIn(folder: string): Promise<Installed | { readonly whyNot: string }> {
  const installed = {
    file: path.join(folder, await pack(folder)),
    prefix: path.join(folder, 'prefix'),
    tools: path.join(folder, 'tools'),
    fewTools: path.join(folder, 'few-tools'),
  };
  placeTools(installed.tools, toolNames);
  placeTools(
    installed.fewTools,
    toolNames.filter((name) => !['node', 'npm'].includes(name)),
  );
  const offline = await install(installed, '--offline');
  if (offline.status !== 0) {
    const online = await install(installed, '--fetch-retries=0', '--fetch-timeout=20000');
    if (online.status !== 0) return { whyNot: `npm could not install: ${firstError(online.stderr)}` };
  }
  chmodSync(folder, 0o755);
  return installed;
}

async function pack(folder: string): Promise<string> {
  const args = ['pack', '--silent', '--pack-destination', folder];
  const packed = await runProgram(which('npm'), args, { cwd: packageRoot() });
  if (packed.status !== 0) throw new Error(`npm pack: ${packed.stderr}`);
  return packed.stdout.trim().split('\n').at(-1)!;
}

function placeTools(tools: string, names: readonly string[]): void {
  mkdirSync(tools);
  for (const name of names) symlinkSync(which(name), path.join(tools, name));
}

function install({ file, prefix, tools }: Installed, ...options: readonly string[]): Promise<Outcome> {
  const args = ['install', '--global', '--prefix', prefix, '--ignore-scripts', ...options, file];
  // npm that runs this test tells those below it its own settings.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  const env = { ...Object.fromEntries(inherited), PATH: tools };
  return runProgram(path.join(tools, 'npm'), args, { env, cwd: path.dirname(file) });
}

function firstError(text: string): string {
  return text.split('\n').find((line) => line.includes('error')) ?? 'it says nothing';
}

function which(name: string): string {
  return execFileSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
}
