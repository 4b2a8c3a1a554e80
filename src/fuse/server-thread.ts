/**
 * The thread that serves: it makes the tree, then waits for requests of the kernel and for messages of the main thread, and
 * answers one after the other. It never comes back to its event loop before the end.
 */
import type { MessagePort } from 'node:worker_threads';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { LinkonceError } from '../util/errors.ts';
import { Counters } from './counters.ts';
import { readRequestFrom, writeTo } from './device.ts';
import { Responder, type ResponderSettings } from './responder.ts';
import type { CreateTree, Tree } from './tree.ts';
import { createWait, silenceBell } from './wait.ts';

export interface ThreadSettings extends ResponderSettings {
  /** URL of the module with the tree. */
  readonly module: string;
  readonly data: unknown;
  readonly counters: SharedArrayBuffer;
  /** Where orders come from; the bell is rung for each. */
  readonly orders: MessagePort;
  readonly bell: number;
}

export type Order =
  | { readonly kind: 'serve'; readonly device: number }
  | { readonly kind: 'update'; readonly message: unknown }
  | { readonly kind: 'stop' };

export type Report =
  | { readonly kind: 'ready' | 'updated' }
  /** Not ready, or not updated: a line, or what was thrown by a bug. */
  | { readonly kind: 'failed'; readonly line: string }
  | { readonly kind: 'failed'; readonly bug: unknown }
  | { readonly kind: 'log'; readonly line: string };

const settings = workerData as ThreadSettings;
const port = parentPort ?? notAThread();

function notAThread(): never {
  throw new Error('server-thread is not run as a thread');
}

function report(what: Report): void {
  port.postMessage(what);
}

function reportFailure(error: unknown): void {
  if (error instanceof LinkonceError) report({ kind: 'failed', line: error.message });
  else report({ kind: 'failed', bug: error });
}

async function createTree(): Promise<Tree | undefined> {
  try {
    const { default: create } = (await import(settings.module)) as { default: CreateTree };
    return await create(settings.data);
  } catch (error) {
    reportFailure(error);
    return undefined;
  }
}

function update(tree: Tree, message: unknown): void {
  try {
    tree.update?.(message);
    report({ kind: 'updated' });
  } catch (error) {
    reportFailure(error);
  }
}

/** Waits until it shall serve. undefined: never. */
function awaitDevice(orders: MessagePort): number | undefined {
  const wait = createWait([settings.bell]);
  for (;;) {
    wait();
    silenceBell(settings.bell);
    const order = takeOrder(orders);
    if (order?.kind === 'serve') return order.device;
    if (order?.kind === 'stop') return undefined;
  }
}

function takeOrder(orders: MessagePort): Order | undefined {
  return receiveMessageOnPort(orders)?.message as Order | undefined;
}

/** Between two signs of life. */
const breathMs = 1000;

/** Until the mount is gone, or the main thread says stop. */
function serve(device: number, orders: MessagePort, tree: Tree, responder: Responder): void {
  const wait = createWait([device, settings.bell], tree.live ? breathMs : -1);
  for (;;) {
    tree.live?.();
    const [asked, rung] = wait();
    if (rung && !carryOut(orders, tree)) return;
    if (asked && !answerOne(device, responder)) return;
  }
}

/** All orders that are there. false: stop. */
function carryOut(orders: MessagePort, tree: Tree): boolean {
  silenceBell(settings.bell);
  for (let order = takeOrder(orders); order; order = takeOrder(orders)) {
    if (order.kind === 'stop') return false;
    if (order.kind === 'update') update(tree, order.message);
  }
  return true;
}

/** false: the mount is gone. */
function answerOne(device: number, responder: Responder): boolean {
  const request = readRequestFrom(device);
  if (request === 'unmounted') return false;
  const reply = request === 'none' ? undefined : responder.answer(request);
  if (reply) writeTo(device, reply);
  return true;
}

const tree = await createTree();
if (tree) {
  const responder = new Responder(tree, new Counters(settings.counters), settings, (line) => {
    report({ kind: 'log', line });
  });
  report({ kind: 'ready' });
  const device = awaitDevice(settings.orders);
  if (device !== undefined) serve(device, settings.orders, tree, responder);
}
