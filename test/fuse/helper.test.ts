/** Without root: fusermount3 mounts. In a mount namespace of its own, where everybody may open the device. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { FusePlace, whyNotRoot } from './place.ts';

const hasHelper = spawnSync('fusermount3', ['--version']).status === 0;
const whyNot =
  whyNotRoot ?? (hasHelper ? undefined : "fusermount3 (Debian's package fuse3) is not installed");
/** The user nobody. */
const stranger = '65534';
const script = path.join(packageRoot(), 'test', 'fuse', 'serve.mjs');

let place: FusePlace;
beforeAll(() => {
  place = new FusePlace();
  execFileSync('chown', ['-R', stranger, place.folder]);
  chmodSync(place.folder, 0o755);
});
afterAll(() => place.remove());

/** Runs shell commands as nobody; $1 and so on are `args`. */
function asStranger(commands: string, ...args: readonly string[]) {
  const device = path.join(place.folder, 'device');
  const prepare = `mknod ${device} c 10 229 && chmod 666 ${device} && mount --bind ${device} /dev/fuse`;
  const drop = `exec setpriv --reuid ${stranger} --clear-groups sh -c "$0" sh "$@"`;
  return spawnSync('unshare', ['-m', 'sh', '-c', `${prepare} && rm ${device}; ${drop}`, commands, ...args], {
    encoding: 'utf8',
  });
}

test('fusermount3 mounts for who is not root', (context) => {
  context.skip(whyNot !== undefined, whyNot);
  const commands = `
    mkfifo "$4/said"; "$1" "$2" "$3" "$4/source" > "$4/said" & server=$!
    exec 3< "$4/said"; read line <&3; echo "$line"
    cmp "$4/source/big" "$3/big" && echo equal
    kill $server; wait $server; echo "ended with $?"
    grep "$4" /proc/self/mountinfo | grep -c fuse.linkonce`;
  const { stdout, stderr } = asStranger(commands, process.execPath, script, place.mount, place.folder);
  expect(stderr).toBe('');
  expect(stdout).toBe('serving\nequal\nended with 0\n0\n');
});

test('without fusermount3 the error says what to install', (context) => {
  context.skip(whyNotRoot !== undefined, whyNotRoot);
  const run = 'PATH=/proc/nonexistent exec "$1" "$2" "$3" "$4/source"';
  const { stderr } = asStranger(run, process.execPath, script, place.mount, place.folder);
  expect(stderr).toMatch(/LinkonceError: .*: only root mounts without fusermount3, .* package fuse3/);
});
