/** A folder with files, and a mount point for a server that shows it. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { clearDeadMounts, mountState } from '../../src/fuse/mount-state.ts';
import { detach } from '../../src/fuse/mount.ts';
import { startServer, type Server } from '../../src/fuse/server.ts';
import { packageRoot } from '../../src/util/native.ts';

const here = path.join(packageRoot(), 'test', 'fuse');
const module = pathToFileURL(path.join(here, 'mirror-tree.mjs'));

/** Why no mount can be tried here, if so. */
export const whyNotRoot = process.geteuid?.() === 0 ? undefined : 'mounting by mount(2) needs root';

export const files = {
  'a-page': 4096,
  'odd-size': 12_345,
  empty: 0,
  big: 3_000_001,
  broken: 8192,
  short: 8192,
};

export class FusePlace {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'linkonce-fuse-'));
  readonly source = path.join(this.folder, 'source');
  readonly mount = path.join(this.folder, 'mount point');
  readonly log: string[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #servers: Server[] = [];

  constructor() {
    mkdirSync(path.join(this.source, 'below', 'deeper'), { recursive: true });
    mkdirSync(this.mount);
    for (const [name, size] of Object.entries(files))
      writeFileSync(path.join(this.source, name), randomBytes(size));
    writeFileSync(path.join(this.source, 'below', 'deeper', 'file'), 'deep');
    for (let index = 0; index < 300; index++)
      writeFileSync(path.join(this.source, 'below', `${'long-name-'.repeat(10)}${index}`), String(index));
    copyFileSync('/bin/true', path.join(this.source, 'true'));
    symlinkSync('below/deeper/file', path.join(this.source, 'link'));
  }

  at(name: string): string {
    return path.join(this.mount, name);
  }

  original(name: string): string {
    return path.join(this.source, name);
  }

  async serve(readAhead = 131_072, folder = this.source): Promise<Server> {
    const log = (line: string): void => void this.log.push(line);
    const server = await startServer({ mountPoint: this.mount, module, data: { folder }, readAhead, log });
    this.#servers.push(server);
    return server;
  }

  /** A server in a process of its own. */
  async spawnServer(): Promise<ChildProcess> {
    const child = this.start(process.execPath, [path.join(here, 'serve.mjs'), this.mount, this.source]);
    await firstLine(child);
    return child;
  }

  start(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    return child;
  }

  compileTouch(): string {
    const output = path.join(this.folder, 'touch');
    execFileSync('cc', ['-O1', '-o', output, path.join(here, 'touch.c')]);
    return output;
  }

  async remove(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const server of this.#servers) await server.stop();
    if (clearDeadMounts(this.mount) === 'live') detach(this.mount);
    if (mountState(this.mount) !== 'none') throw new Error(`${this.mount} is still mounted`);
    rmSync(this.folder, { recursive: true });
  }
}

export async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('the process has no output');
  for await (const line of createInterface({ input: stdout })) return line;
  throw new Error('the process ended without a line');
}
