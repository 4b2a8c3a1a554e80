/** The tool at the root, and the set-up of a fresh machine. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram } from '../run-program.ts';

const root = packageRoot();
let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'linkonce-setup-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('./linkonce', () => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const answer = { stdout: `${version}\n`, stderr: '', status: 0, signal: null };

  test('runs from any folder', async () => {
    expect(
      await runProgram(path.join(root, 'linkonce'), ['--version'], { cwd: folder, env: process.env }),
    ).toEqual(answer);
  });

  test('runs by a relative path', async () => {
    expect(await runProgram('./linkonce', ['--version'], { cwd: root, env: process.env })).toEqual(answer);
  });

  test('runs through links to links', async () => {
    symlinkSync(path.join(root, 'linkonce'), path.join(folder, 'one'));
    symlinkSync('one', path.join(folder, 'two'));
    expect(await runProgram(path.join(folder, 'two'), ['--version'], { cwd: '/', env: process.env })).toEqual(
      answer,
    );
  });
});

test('./linkonce builds nothing where the environment says so', async () => {
  for (const name of ['src', 'native', 'scripts']) mkdirSync(path.join(folder, name));
  copyFileSync(path.join(root, 'linkonce'), path.join(folder, 'linkonce'));
  writeFileSync(path.join(folder, 'scripts', 'setup'), '#!/bin/sh\necho building >&2\nexit 1\n', {
    mode: 0o755,
  });
  const run = (env: NodeJS.ProcessEnv) => runProgram(path.join(folder, 'linkonce'), ['--version'], { env });
  expect(await run(process.env)).toMatchObject({ stderr: 'building\n', status: 1 });
  expect(await run({ ...process.env, LINKONCE_BUILD: 'never' })).toMatchObject({
    stdout: '',
    stderr: `linkonce: a source is newer than what was built of it: ${folder}/scripts/setup builds it\n`,
    status: 1,
  });
});

describe('scripts/setup says in one line what is missing', () => {
  const tools = ['sh', 'uname', 'dirname', 'readlink', 'mkdir', 'flock', 'node', 'cc', 'npm'];

  /** Runs it with a PATH that has the tools but one. */
  async function without(tool: string): Promise<string> {
    for (const name of tools.filter((each) => each !== tool))
      symlinkSync(which(name), path.join(folder, name));
    const outcome = await runProgram('/bin/sh', [path.join(root, 'scripts', 'setup')], {
      env: { PATH: folder },
    });
    expect(outcome).toMatchObject({ stdout: '', status: 1 });
    return outcome.stderr;
  }

  test.each(['cc', 'node', 'flock'])('%s', async (tool) => {
    expect(await without(tool)).toMatch(new RegExp(`^linkonce: [^\\n]*\\b${tool}\\b[^\\n]*\\n$`));
  });

  test('a machine of another kind', async () => {
    execFileSync('sh', ['-c', 'printf "#!/bin/sh\\necho Darwin arm64\\n" >uname; chmod +x uname'], {
      cwd: folder,
    });
    const env = { PATH: `${folder}:${process.env.PATH ?? ''}` };
    const outcome = await runProgram('/bin/sh', [path.join(root, 'scripts', 'setup')], { env });
    expect(outcome).toMatchObject({
      stdout: '',
      status: 1,
      stderr: expect.stringMatching(/^linkonce: .*Darwin arm64.*\n$/) as unknown,
    });
  });
});

function which(name: string): string {
  return execFileSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
}
