/** Captures programs, as many at once as there are processors. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { LinkonceError, Refusal } from '../util/errors.ts';
import { packageRoot } from '../util/native.ts';
import { nodeCommand } from '../util/node-command.ts';
import type { Outcome } from '../util/outcome.ts';
import type { CaptureAnswer, CaptureOrder } from './capture-worker.ts';

/** One outcome for each order: the path of its record. `onDone` is called after each. */
export async function captureAll(
  orders: readonly CaptureOrder[],
  onDone: (done: number) => void,
): Promise<Outcome<string>[]> {
  const results: Outcome<string>[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    let worker = new Worker();
    try {
      for (let index = next++; index < orders.length; index = next++) {
        const order = orders[index];
        if (worker.hasEnded) worker = new Worker();
        if (order) results[index] = await worker.capture(order);
        onDone(++done);
      }
    } finally {
      worker.end();
    }
  };
  const count = Math.min(orders.length, availableParallelism());
  await Promise.all(Array.from({ length: count }, work));
  return results;
}

/** One process of `capture-worker`. */
class Worker {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  /** Something killed it. */
  hasEnded = false;

  constructor() {
    const program = path.join(packageRoot(), 'dist', 'src', 'store', 'capture-worker.js');
    const [node, ...args] = nodeCommand();
    this.#process = spawn(node, [...args, program], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdin, stdout } = this.#process;
    if (!stdin || !stdout) throw new Error('the worker has no input or output');
    // That it ended shows at its output.
    stdin.on('error', () => undefined);
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async capture(order: CaptureOrder): Promise<Outcome<string>> {
    this.#process.stdin?.write(`${JSON.stringify(order)}\n`);
    const line = await this.#answers.next();
    if (line.done === true) {
      this.hasEnded = true;
      return { failure: new LinkonceError(`${order.invocation}: its capture ended without an answer`) };
    }
    const answer = JSON.parse(line.value) as CaptureAnswer;
    if (answer === 'done') return { value: order.output };
    return { failure: 'refused' in answer ? new Refusal(answer.refused) : new LinkonceError(answer.failed) };
  }

  /** At once: it has nothing to finish, and memory that the next step needs. */
  end(): void {
    this.#process.kill();
  }
}
