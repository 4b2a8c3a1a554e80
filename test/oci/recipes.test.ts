/**
 * contrib/oci, on this machine: the commands of the Dockerfile and of the manifests, in containers as these files make them. Each program
 * must run from its image there, and containers of one node from the same page frames.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeLauncher } from '../../src/image/launcher-file.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { findProgram } from '../../src/program/find-program.ts';
import { nativePart, packageRoot } from '../../src/util/native.ts';
import { present } from '../../src/util/present.ts';
import { contentDigest } from '../../src/util/content-digest.ts';
import { linkonce } from '../cli/linkonce.ts';
import { changeForm, changeRow } from '../contract/tampering.ts';
import {
  buildFilter,
  contain,
  startContainer,
  usual,
  whyNoContainers,
  type Container,
  type Mounted,
  type Runtime,
} from './container.ts';
import { readDockerfile, readManifest, type PodContainer, type PodSpec } from './recipes.ts';
import { commonFrames, type CommonFrames } from './frames.ts';

const dockerfile = readDockerfile(usual.PATH);
const [daemon, deployment] = readManifest('node-store.yaml').map(({ spec }) => spec.template.spec) as [
  PodSpec,
  PodSpec,
];
const [layered] = readManifest('layer.yaml').map(({ spec }) => spec.template.spec) as [PodSpec];

const missing = ['bash', 'git', 'cp', 'sh'].filter((name) => !existsSync(path.join('/usr/bin', name)));
const cannot = missing.length > 0 ? `${missing.join(', ')}: not here` : await whyNoContainers('root');
const cannotAsUser = cannot ?? (await whyNoContainers('user'));

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);
let filter: string;

/** A root folder with programs and all that they load. */
function makeImage(name: string, ...programs: readonly string[]): string {
  const root = at(name);
  // As images have them, whose folders runtimes mount on.
  for (const each of ['etc', 'proc', 'dev', 'run', 'tmp', 'mnt'])
    mkdirSync(path.join(root, each), { recursive: true });
  for (const program of programs) {
    const file = findProgram(program, '/usr/bin:/bin');
    const { modules, interpreter } = loadProgram(file);
    const paths = [...modules.map((each) => each.path), interpreter.path];
    for (const each of paths) cpSync(each, path.join(root, each), { dereference: true });
    cpSync(file, path.join(root, 'usr/bin', program), { dereference: true });
  }
  // PT_INTERP, `#!/bin/sh`.
  const [linker, shell] = ['/lib64/ld-linux-x86-64.so.2', '/bin/sh'];
  for (const each of [linker, shell]) cpSync(each, path.join(root, each), { dereference: true });
  return root;
}

/** As `npm install --global` makes it in the tool's image: Node, and the package. */
function makeTool(): string {
  const root = makeImage('tool', 'cp');
  const node = loadProgram(process.execPath);
  for (const { path: file } of node.modules.slice(1))
    cpSync(file, path.join(root, file), { dereference: true });
  cpSync(process.execPath, path.join(root, 'usr/local/bin/node'), { dereference: true });
  // As in images of Debian: an absolute link, which leads elsewhere from the image that has the tool as its guest.
  const [name, file] = ['/lib64/ld-linux-x86-64.so.2', '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'];
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  renameSync(path.join(root, name), path.join(root, file));
  symlinkSync(file, path.join(root, name));
  mkdirSync(path.join(root, packageInTool), { recursive: true });
  return root;
}
const packageInTool = '/usr/local/lib/node_modules/linkonce';
const mountedTool = (where: string): Mounted[] => [
  ...(where === '' ? [] : [{ target: where, source: at('tool') }]),
  { target: path.join(where, packageInTool), source: packageRoot() },
];

beforeAll(() => {
  if (cannot !== undefined) return;
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-oci-'));
  chmodSync(folder, 0o755);
  makeImage('app', 'bash', 'git', 'sh');
  makeTool();
  filter = buildFilter(folder);
});
afterAll(() => {
  if (cannot === undefined) rmSync(folder, { recursive: true });
});

/** The containers ran from images, all of them: nobody handed over. */
const expectQuiet = (outcome: { readonly stderr: string; readonly status: number | null }): void => {
  expect({ stderr: outcome.stderr, status: outcome.status }).toEqual({ stderr: '', status: 0 });
};

/** Where frame numbers are hidden, all of them are 0. */
function expectShared({ ofStore, ofModules, apart }: CommonFrames): void {
  expect(ofStore).toBeGreaterThan(0);
  expect(ofModules).toBeGreaterThan(0);
  expect(apart).toBe(0);
  console.log(
    `two containers share ${String(ofStore)} page frames of the store, ${String(ofModules)} of modules`,
  );
}

/** What sh runs in place of what the recipe starts: so many starts of each program, of which none may say that it was handed over. */
const starts = 5;
const startAll = ['bash', '-c', `for i in ${'x '.repeat(starts)}; do bash -c : && git --version; done`];
const allStarted = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line.startsWith('git version')).length;

/** The `emptyDir` of layer.yaml. */
const settled: readonly Mounted[] = [{ target: '/run/linkonce' }];

describe.skipIf(cannot)('Dockerfile', () => {
  /** The layers of the last stage over the program's image. */
  let layers: readonly string[];
  beforeAll(async () => {
    const { bind, copies } = dockerfile;
    mkdirSync(at('bound'));
    const mounts = mountedTool(bind.tool);
    const build = { layers: [at('app')], kept: at('bound'), mounts, isConfined: true };
    const command = ['/bin/sh', '-c', bind.command];
    const built = await contain({ ...build, environment: bind.environment, command }, 'root', filter);
    expect(built).toMatchObject({ stderr: '', status: 0 });
    const from: Readonly<Record<string, string>> = { linkonce: at('tool'), bound: at('bound', 'upper') };
    layers = copies.map(({ from: stage, source, target }, index) => {
      const layer = at(`layer-${String(index)}`);
      const origin = source.startsWith(packageInTool)
        ? path.join(packageRoot(), path.relative(packageInTool, source))
        : path.join(present(from[stage], stage), source);
      const name = target.endsWith('/') ? path.join(target, path.basename(source)) : target;
      mkdirSync(path.dirname(path.join(layer, name)), { recursive: true });
      // As Docker copies: other files, links as links.
      execFileSync('cp', ['-a', '--no-preserve=links', origin, path.join(layer, name)]);
      return layer;
    });
  });

  const pod = (more: Partial<Container> = {}): Container => ({
    layers: [...layers, at('app')],
    environment: dockerfile.environment,
    command: [...dockerfile.entrypoint, ...dockerfile.command],
    ...more,
  });
  const running = [...dockerfile.entrypoint, ...startAll];

  test('nothing of the tool is in the image', () => {
    const all = layers.flatMap((layer) => readdirSync(layer, { recursive: true, encoding: 'utf8' }));
    expect(all.filter((name) => /node|\.js$/.test(name))).toEqual([]);
    expect(existsSync(at('bound/upper/usr'))).toBe(false);
  });

  test('two containers of one node: started from one image, of whose pages there is one copy', async () => {
    const [one, other] = await Promise.all([startContainer(pod()), startContainer(pod())]);
    const shared = commonFrames(one.pid, other.pid);
    expectQuiet(await one.end());
    expectQuiet(await other.end());
    expectShared(shared);
  });

  test('a third one, after the layers went through tar to another node', async () => {
    const there = [...layers, at('app')].map((layer, index) => {
      const unpacked = at('node-2', String(index));
      mkdirSync(unpacked, { recursive: true });
      execFileSync('sh', ['-c', 'tar -C "$1" -cf - . | tar -C "$2" -xf -', 'sh', layer, unpacked]);
      return unpacked;
    });
    const outcome = await contain(pod({ layers: there, command: running }));
    expectQuiet(outcome);
    expect(allStarted(outcome.stdout)).toBe(starts);
  });

  const runs: readonly [string, Partial<Container>, Runtime][] = [
    ['as root', {}, 'root'],
    [
      'of another user, without rights, under a filter of system calls',
      { user: 65534, isConfined: true, mounts: settled },
      'root',
    ],
    ['with a read-only root', { readOnlyRoot: true, mounts: settled }, 'root'],
    ['all of that', { readOnlyRoot: true, user: 65534, isConfined: true, mounts: settled }, 'root'],
  ];
  test.each(runs)('%s', async (_, more, runtime) => {
    const outcome = await contain(pod({ ...more, command: running }), runtime, filter);
    expectQuiet(outcome);
    expect(allStarted(outcome.stdout)).toBe(starts);
  });

  /** Copies of layers, of the user nobody. */
  const ofUser = (all: readonly string[]): readonly string[] =>
    all.map((layer, index) => {
      const own = at('of-user', String(index));
      mkdirSync(path.dirname(own), { recursive: true });
      execFileSync('cp', ['-a', layer, own]);
      execFileSync('chown', ['-R', '65534:65534', own]);
      return own;
    });

  test.skipIf(cannotAsUser)('of an ordinary user, to whom the unpacked layers belong', async () => {
    const there = ofUser([...layers, at('app')]);
    const outcome = await contain(pod({ layers: there, command: running }), 'user');
    expectQuiet(outcome);
    expect(allStarted(outcome.stdout)).toBe(starts);
  });

  test.skipIf(cannotAsUser)('of an ordinary user, with layers of another one', async () => {
    mkdirSync(at('mount-point/run/linkonce'), { recursive: true });
    const there = [at('mount-point'), ...layers, at('app')];
    const outcome = await contain(pod({ layers: there, mounts: settled, command: running }), 'user');
    expectQuiet(outcome);
    expect(allStarted(outcome.stdout)).toBe(starts);
  });

  test('where nothing can be noted all runs through ld.so, and it is said', async () => {
    const outcome = await contain(pod({ readOnlyRoot: true, command: running }));
    expect(allStarted(outcome.stdout)).toBe(starts);
    expect(outcome.stderr).toMatch(/^linkonce-settle: \/run\/linkonce: /m);
    expect(outcome.stderr).toMatch(/handed over/);
  });

  test('a host whose processor has other features hands over, and says so', async () => {
    const other = at('other-processor');
    cpSync(at('bound/upper'), other, { recursive: true, verbatimSymlinks: true });
    const files = path.join(other, 'var/lib/linkonce/files');
    const generations = path.join(other, 'var/lib/linkonce/generations');
    for (const generation of readdirSync(generations))
      for (const name of ['bash', 'git'])
        changeProcessor(path.join(generations, generation, 'bin', name), files);
    const outcome = await contain(pod({ layers: [at('layer-0'), other, at('app')], command: running }));
    expect(allStarted(outcome.stdout)).toBe(starts);
    expect(outcome.stderr).toContain('the processor has other features');
    expect(outcome.stderr).not.toMatch(
      /handed over to the platform's linker: (?!the processor has other features)/,
    );
  });
});

describe.skipIf(cannot)('store add --root', () => {
  test('of an unpacked image: its containers run from the store', async () => {
    const unpacked = at('unpacked');
    execFileSync('cp', ['-a', at('app'), unpacked]);
    const add = ['store', 'add', '--root', unpacked, 'bash', 'git'];
    expect(await linkonce(add)).toMatchObject({ stderr: '', status: 0 });
    const settler = at('layer-settler');
    mkdirSync(path.join(settler, 'usr/local/bin'), { recursive: true });
    cpSync(nativePart('linkonce-settle'), path.join(settler, 'usr/local/bin/linkonce-settle'));
    const { entrypoint, environment } = dockerfile;
    const outcome = await contain({
      ...{ layers: [settler, unpacked], environment },
      command: [...entrypoint, ...startAll],
    });
    expectQuiet(outcome);
    expect(allStarted(outcome.stdout)).toBe(starts);
  });
});

/** As if it had been bound on a machine whose processor answers something else; the digests are right. */
function changeProcessor(launcher: string, files: string): void {
  const form = present(decodeLauncher(readFileSync(launcher))?.forms[0], 'form');
  const image = path.join(files, path.basename(form.imagePath));
  changeRow(launcher, image, 'cpuid', 0, (row) => ({ ...row, ecx: (row.ecx ?? 0n) ^ 1n }));
  const digest = contentDigest(readFileSync(image));
  changeForm(launcher, (each) => ({ ...each, digest }));
}

/** What the kubelet makes of a pod: `paths` are the machine's folders of its volumes. */
function containerOf(pod: PodSpec, which: PodContainer, more: Partial<Container> = {}): Container {
  const { securityContext: context, command = [], args = [], volumeMounts = [] } = which;
  const user = context?.runAsUser ?? pod.securityContext.runAsUser;
  return {
    layers: [at('app')],
    mounts: volumeMounts.flatMap(({ name, mountPath, readOnly = false }) =>
      mountsOf(pod, name, mountPath, readOnly),
    ),
    ...(user === undefined ? {} : { user }),
    readOnlyRoot: context?.readOnlyRootFilesystem ?? false,
    isConfined: context?.capabilities !== undefined,
    command: [...command, ...args],
    ...more,
  };
}

function mountsOf(pod: PodSpec, name: string, target: string, readOnly: boolean): Mounted[] {
  const { hostPath, emptyDir, image } = present(
    pod.volumes.find((each) => each.name === name),
    name,
  );
  if (image) return mountedTool(target);
  if (emptyDir) return [{ target }];
  const source = at('node', present(hostPath, name).path);
  mkdirSync(source, { recursive: true });
  return [{ target, source, readOnly }];
}

describe.skipIf(cannot)('layer.yaml', () => {
  test('its pods are those of the Dockerfile: read-only, of another user, without rights', () => {
    const [app] = layered.containers;
    expect(app?.command).toBeUndefined();
    expect(app?.args).toEqual(dockerfile.command);
    const { mounts, user, readOnlyRoot, isConfined } = containerOf(layered, present(app, 'container'));
    expect({ mounts, user, readOnlyRoot, isConfined }).toEqual({
      ...{ mounts: settled, user: 65534, readOnlyRoot: true, isConfined: true },
    });
  });
});

describe.skipIf(cannot)('node-store.yaml', () => {
  const [app] = deployment.containers;
  const pod = (more: Partial<Container> = {}): Container =>
    containerOf(deployment, present(app, 'container'), more);
  const running = [...(app?.command ?? []), ...startAll];

  test('before the node has its store the pods start all the same', async () => {
    const outcome = await contain(pod({ command: running }), 'root', filter);
    expect(outcome.status).toBe(0);
    expect(allStarted(outcome.stdout)).toBe(starts);
  });

  test('the DaemonSet binds the programs of the image, without rights; two pods run from one image', async () => {
    for (const each of daemon.initContainers ?? []) {
      const isTool = each.image.includes('/linkonce:');
      const mounts = [...(isTool ? mountedTool('') : []), ...(containerOf(daemon, each).mounts ?? [])];
      const layers = [at(isTool ? 'tool' : 'app')];
      const outcome = await contain(containerOf(daemon, each, { layers, mounts }), 'root', filter);
      expect(outcome).toMatchObject({ stderr: '', status: 0 });
    }
    const [one, other] = await Promise.all([
      startContainer(pod(), 'root', filter),
      startContainer(pod(), 'root', filter),
    ]);
    const shared = commonFrames(one.pid, other.pid);
    expectQuiet(await one.end());
    expectQuiet(await other.end());
    expectShared(shared);
    const outcome = await contain(pod({ command: running }), 'root', filter);
    expectQuiet(outcome);
    expect(allStarted(outcome.stdout)).toBe(starts);
  });

  test('a second start of the DaemonSet, as after a boot, leaves the pods a store', async () => {
    const [bind] = daemon.initContainers ?? [];
    const again = await contain(containerOf(daemon, present(bind, 'bind')), 'root', filter);
    expect(again).toMatchObject({ stderr: '', status: 0 });
    expectQuiet(await contain(pod({ command: running }), 'root', filter));
  });
});
