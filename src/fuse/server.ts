/**
 * Serves a tree as a read-only file system, whose pages the kernel keeps, shares between processes, and drops when it needs
 * the memory. A thread of its own answers the kernel; the main thread stays free, and may read the mount itself.
 */
import { closeSync, promises } from 'node:fs';
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { LinkonceError } from '../util/errors.ts';
import { packageRoot } from '../util/native.ts';
import { Counters, type Counts } from './counters.ts';
import { writeTo } from './device.ts';
import { clearDeadMounts, mountState } from './mount-state.ts';
import { detach, mount } from './mount.ts';
import { invalidateEntry, invalidateInode } from './notify.ts';
import type { Order, Report, ThreadSettings } from './server-thread.ts';
import { createBell, ringBell } from './wait.ts';

export interface ServerSettings {
  /** A directory. What a dead server left there is taken away. */
  readonly mountPoint: string;
  /** URL of a module whose default export is a `CreateTree`, and what that is called with. */
  readonly module: URL;
  readonly data: unknown;
  /** Bytes that the kernel may read around a page that is asked for; 0: none, each page alone. */
  readonly readAhead: number;
  /** Gets a line for each request that failed, and the stack of bugs. */
  readonly log: (line: string) => void;
}

/** What the kernel shall drop after an update. */
export interface Stale {
  /** Files whose pages shall go, directories whose listings shall. */
  readonly inodes?: readonly number[];
  readonly entries?: readonly { readonly parent: number; readonly name: string }[];
}

export interface Server {
  counts(): Counts;
  /** Gives the tree a message, then tells the kernel what is stale. Rejects with what the tree throws. */
  update(message: unknown, stale: Stale): Promise<void>;
  /** Takes the mount away; the server goes on for those who have its files open or mapped, and ends with the last of them. */
  detach(): void;
  /** Ends at once. Pages that processes have mapped stay where the kernel keeps them; any other page is an error to them. */
  stop(): Promise<void>;
  /** Fulfilled at the end, rejected by a bug. */
  readonly ended: Promise<void>;
}

/** Returns once the mount is there and answers. Throws LinkonceError where it cannot be, and what the tree's module throws. */
export async function startServer(settings: ServerSettings): Promise<Server> {
  const { mountPoint } = settings;
  if (clearDeadMounts(mountPoint) === 'live') throw new LinkonceError(`${mountPoint}: is served already`);
  const thread = new Thread(settings);
  try {
    await thread.nextReport();
    thread.serve(mount(mountPoint));
  } catch (error) {
    await thread.stop();
    throw error;
  }
  const running = new RunningServer(mountPoint, thread);
  await promises.statfs(mountPoint);
  return running;
}

/** The serving thread, as the main thread sees it. */
class Thread {
  readonly counters = new Counters();
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #orders = new MessageChannel();
  readonly #bell = createBell();
  #waiting: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #hasEnded = false;
  #device: number | undefined;

  constructor({ module, data, readAhead, log }: ServerSettings) {
    const workerData: ThreadSettings = {
      module: module.href,
      data,
      readAhead,
      counters: this.counters.memory,
      orders: this.#orders.port2,
      bell: this.#bell,
    };
    const program = path.join(packageRoot(), 'dist', 'src', 'fuse', 'server-thread.js');
    this.#worker = new Worker(program, { workerData, transferList: [this.#orders.port2] });
    this.#worker.on('message', (report: Report) => {
      this.#hear(report, log);
    });
    this.ended = this.#end();
    // Whoever waits for it hears of a bug; nobody has to.
    this.ended.catch(() => undefined);
    process.once('exit', this.#stopAtExit);
  }

  /** Node waits for its threads when it exits, and this one would never come back by itself. */
  readonly #stopAtExit = (): void => {
    this.order({ kind: 'stop' });
  };

  #end(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.once('error', (error) => {
        this.#waiting?.reject(error);
        reject(error);
      });
      this.#worker.once('exit', () => {
        this.#cleanUp();
        this.#waiting?.reject(new LinkonceError('the server has ended'));
        resolve();
      });
    });
  }

  /** The device's last descriptor: the kernel ends the mount's connection with it. */
  #cleanUp(): void {
    this.#hasEnded = true;
    process.off('exit', this.#stopAtExit);
    this.#orders.port1.close();
    if (this.#device !== undefined) closeSync(this.#device);
    closeSync(this.#bell);
  }

  #hear(report: Report, log: (line: string) => void): void {
    if (report.kind === 'log') {
      log(report.line);
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (report.kind !== 'failed') waiting?.resolve();
    else waiting?.reject('line' in report ? new LinkonceError(report.line) : report.bug);
  }

  /** Waits for what the thread says next, apart from lines of the log. Rejects with a failure. */
  nextReport(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) reject(new LinkonceError('the server has ended'));
      this.#waiting = { resolve, reject };
    });
  }

  order(order: Order): void {
    if (this.#hasEnded) return;
    this.#orders.port1.postMessage(order);
    ringBell(this.#bell);
  }

  serve(device: number): void {
    this.#device = device;
    this.order({ kind: 'serve', device });
  }

  notify(parts: readonly Buffer[]): void {
    if (this.#device !== undefined && !this.#hasEnded) writeTo(this.#device, parts);
  }

  async stop(): Promise<void> {
    this.order({ kind: 'stop' });
    await this.ended;
  }
}

class RunningServer implements Server {
  readonly ended: Promise<void>;
  readonly #mountPoint: string;
  readonly #thread: Thread;
  /** Updates wait for each other. */
  #updates: Promise<void> = Promise.resolve();

  constructor(mountPoint: string, thread: Thread) {
    this.#mountPoint = mountPoint;
    this.#thread = thread;
    this.ended = thread.ended;
  }

  counts(): Counts {
    return this.#thread.counters.read();
  }

  update(message: unknown, stale: Stale): Promise<void> {
    const done = this.#updates.then(() => this.#update(message, stale));
    this.#updates = done.catch(() => undefined);
    return done;
  }

  async #update(message: unknown, { inodes = [], entries = [] }: Stale): Promise<void> {
    const report = this.#thread.nextReport();
    this.#thread.order({ kind: 'update', message });
    await report;
    for (const ino of inodes) this.#thread.notify(invalidateInode(ino));
    for (const { parent, name } of entries) this.#thread.notify(invalidateEntry(parent, name));
  }

  detach(): void {
    // Somebody else may have unmounted it.
    if (mountState(this.#mountPoint) === 'live') detach(this.#mountPoint);
  }

  async stop(): Promise<void> {
    this.detach();
    await this.#thread.stop();
  }
}
