/** Programs bound together under rebase-page-in, and a process that serves their places. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clearDeadMounts } from '../../src/fuse/mount-state.ts';
import { detach } from '../../src/fuse/mount.ts';
import type { Places } from '../../src/image/places.ts';
import type { PlaceCounts } from '../../src/pagein/serve-places.ts';
import { openProgram } from '../../src/pipeline.ts';
import type { Explained } from '../../src/provenance/explained.ts';
import { rebasePageIn } from '../../src/systems/rebase-page-in/rebase-page-in-system.ts';
import { packageRoot } from '../../src/util/native.ts';
import { environment } from '../programs/build.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';
import { valueOf } from '../../src/util/outcome.ts';

const here = path.join(packageRoot(), 'test', 'pagein');

export const debugging = { ...environment, LINKONCE_DEBUG: '1', PYTHONHASHSEED: '0' };

/** Why no places can be served here, if so. */
export const whyNoPlaces =
  process.geteuid?.() !== 0
    ? 'mounting by mount(2) needs root'
    : existsSync('/dev/fuse')
      ? undefined
      : 'there is no /dev/fuse';

export interface ServedProgram {
  readonly program: string;
  /** The launcher. */
  readonly file: string;
  readonly image: string;
  readonly explained: Explained;
}

/** A process that serves. */
export class Server {
  readonly log: string[] = [];
  readonly child: ChildProcess;

  constructor(places: Places, slides?: readonly bigint[]) {
    const settings = JSON.stringify({ ...places, ...(slides && { slides: slides.map(String) }) });
    this.child = fork(path.join(here, 'serve.mjs'), [settings], { serialization: 'advanced', execArgv: [] });
    this.child.on('message', (message) => {
      if (isRecord(message) && 'line' in message) this.log.push(String(message.line));
    });
  }

  async counts(): Promise<readonly PlaceCounts[]> {
    return (await this.#ask('counts', 'counts')) as readonly PlaceCounts[];
  }

  /** For a server at chosen slides: whether it has memory. */
  async setPoor(isPoor: boolean): Promise<void> {
    await this.#ask(isPoor, 'updated');
  }

  /** What the answer has under a name. */
  #ask(question: string | boolean, answer: string): Promise<unknown> {
    return new Promise((resolve) => {
      const hear = (message: unknown): void => {
        if (!isRecord(message) || !(answer in message)) return;
        this.child.off('message', hear);
        resolve(message[answer]);
      };
      this.child.on('message', hear);
      this.child.send(question);
    });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await once(this.child, 'exit');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export class ServedPrograms {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'linkonce-pagein-'));
  readonly bound = new Map<string, ServedProgram>();
  readonly #servers: Server[] = [];
  #places: Places | undefined;

  /** By the names that tests use; all in one collection. */
  async bind(programs: readonly string[], variant: 'whole' | 'data' | 'group'): Promise<void> {
    const known = new Map<string, Explained>();
    const subjects = programs.map((file) => {
      const subject = openProgram(file, () => undefined);
      const keep = async (order?: readonly string[]): Promise<Explained> => {
        const value = await subject.explained(order);
        known.set(file, value);
        return value;
      };
      return { program: subject.program, explained: keep };
    });
    const outputs = programs.map((file) => path.join(this.folder, `bound-${path.basename(file)}`));
    const request = { outputs, folder: path.join(this.folder, 'files'), asInterpreter: false };
    const outcomes = await buildVariant(variantOf(rebasePageIn, variant), subjects, request);
    outcomes.map(valueOf).forEach((image, index) => {
      const [program = '', file = ''] = [programs[index], outputs[index]];
      const explained = known.get(program);
      if (!explained) throw new Error(`${program} was not explained`);
      this.#places = image.places;
      this.bound.set(path.basename(program), { program, file, image: `${file}.image`, explained });
    });
  }

  get places(): Places {
    if (!this.#places) throw new Error('nothing is bound');
    return this.#places;
  }

  get(name: string): ServedProgram {
    const found = this.bound.get(name);
    if (!found) throw new Error(`${name} is not bound`);
    return found;
  }

  /** Each place's slide is drawn, or chosen. */
  async serve(slides?: readonly bigint[]): Promise<Server> {
    const server = new Server(this.places, slides);
    this.#servers.push(server);
    const [what] = (await Promise.race([
      once(server.child, 'message'),
      once(server.child, 'exit').then(() => ['the server ended']),
    ])) as unknown[];
    if (what !== 'serving') throw new Error(String(what));
    return server;
  }

  compile(name: string, flags: readonly string[] = []): string {
    const output = path.join(this.folder, name);
    execFileSync('cc', ['-O1', ...flags, '-o', output, path.join(here, `${name}.c`)]);
    return output;
  }

  /** All servers; nothing is mounted then. */
  async stop(): Promise<void> {
    for (const server of this.#servers.splice(0)) await server.kill();
    if (this.#places && clearDeadMounts(this.#places.path) === 'live') detach(this.#places.path);
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }
}
