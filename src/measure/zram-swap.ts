/**
 * A swap of our own that the kernel compresses (zram), through native/zram.c: that is a process of its own, so that the swap goes away
 * however this one ends. Its protocol stands at the head of that file.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';

/** mm_stat of zram, bytes. */
export interface ZramState {
  /** Of the pages that it was given; pages of zeros never come to it. */
  readonly given: number;
  readonly compressed: number;
  /** What it takes for them. */
  readonly used: number;
}

export class ZramSwap {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string, undefined>;
  readonly #ended: Promise<unknown>;
  #complaint = '';

  /** Lets `work` have a new one. Takes some milliseconds; throws LinkonceError where this machine, or this user, cannot have one. */
  static async use<T>(work: (swap: ZramSwap) => Promise<T>): Promise<T> {
    const swap = await ZramSwap.#open();
    try {
      return await work(swap);
    } finally {
      await swap.#close();
    }
  }

  static async #open(): Promise<ZramSwap> {
    const swap = new ZramSwap();
    const [word, ...rest] = (await swap.#next()).split(' ');
    if (word === 'ready') return swap;
    await swap.#ended;
    throw new LinkonceError(`--zram: no compressed swap can be had here: ${rest.join(' ')}`);
  }

  private constructor() {
    // A session of its own: Ctrl-C is for us to hear.
    this.#child = spawn(nativePart('zram'), { stdio: 'pipe', env: {}, detached: true });
    this.#ended = once(this.#child, 'close');
    this.#ended.catch(() => undefined);
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaint += text));
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Pages out what a process that does not run has for itself. Returns the pages of it that are out then. */
  async pageOut(pid: number): Promise<number> {
    return Number(await this.#ask(`out ${String(pid)}`));
  }

  /** Reads these pages back. Returns what that took of the processor, ns. */
  async readBack(pid: number): Promise<number> {
    return Number(await this.#ask(`back ${String(pid)}`));
  }

  async state(): Promise<ZramState> {
    const [given = 0, compressed = 0, used = 0] = (await this.#ask('state')).split(' ').map(Number);
    return { given, compressed, used };
  }

  /** Takes the swap away. Throws LinkonceError where it stays. */
  async #close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
    if (this.#complaint !== '') throw new LinkonceError(`--zram: ${this.#complaint.trim()}`);
  }

  #ask(question: string): Promise<string> {
    this.#child.stdin.write(`${question}\n`);
    return this.#next();
  }

  async #next(): Promise<string> {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`zram ended before it answered: ${this.#complaint.trim()}`);
    return value;
  }
}

/** Throws LinkonceError where there can be none: asked before anything is measured. */
export async function requireZram(): Promise<void> {
  await ZramSwap.use(() => Promise.resolve());
}
