/**
 * ptrace(2) for one thread, through koffi: a traced program is started, stopped, looked into and moved. Everything is
 * synchronous; all calls for one tracee must come from the thread that started it. The tracee dies with the tracer
 * (PTRACE_O_EXITKILL). Never use this on a child made by `node:child_process`: libuv reaps its stops.
 */
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { debugRegisterOffset, registerNames, type Register } from '../machine/registers.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import type { Address } from '../util/units.ts';

const libc = koffi.load('libc.so.6');
const ptraceData = libc.func('long ptrace(long request, int pid, uintptr_t address, void *data)');
const ptraceValue = libc.func('long ptrace(long request, int pid, uintptr_t address, uintptr_t data)');
const waitpid = libc.func('int waitpid(int pid, _Out_ int *status, int options)');
const kill = libc.func('int kill(int pid, int signal)');
const posixSpawn = libc.func(
  'int posix_spawn(_Out_ int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)',
);
const setAffinity = libc.func('int sched_setaffinity(int pid, size_t size, const uint8_t *mask)');
const getAffinity = libc.func('int sched_getaffinity(int pid, size_t size, _Out_ uint8_t *mask)');

// linux/ptrace.h
const request = {
  pokeData: 5,
  pokeUser: 6,
  cont: 7,
  singleStep: 9,
  getRegisters: 12,
  setRegisters: 13,
  syscall: 24,
  setOptions: 0x4200,
};
const options = { traceSyscallGood: 0x01, traceExec: 0x10, traceExit: 0x40, exitKill: 0x100000 };
const event = { exec: 4, exit: 6 };
const sigTrap = 5;
const sigStop = 19;
/** __WALL of wait(2). */
const waitAll = 0x40000000;
/** Exit status of native/starter.c. */
const noNull = 125;
/** Bytes of a cpu_set_t. */
const maskSize = 128;

/** Why a tracee stopped. */
export type Stop =
  | { readonly kind: 'exec' }
  | { readonly kind: 'syscall' }
  /** About to exit; its memory is still there. */
  | { readonly kind: 'exit' }
  /** SIGTRAP: a single step, a point of ours (`stop-point.ts`), or the program's own. */
  | { readonly kind: 'trap' }
  | { readonly kind: 'signal'; readonly signal: number }
  | { readonly kind: 'gone'; readonly status: number; readonly signal: number };

const registerIndex = Object.fromEntries(registerNames.map((name, index) => [name, index])) as Readonly<
  Record<Register, number>
>;

/** The registers of a stopped tracee: a copy to read and change, written back by `setRegisters`. */
export class Registers {
  readonly words = new BigUint64Array(registerNames.length);
  get(name: Register): bigint {
    return this.words[registerIndex[name]]!;
  }
  /** For addresses and counts below 2^53. */
  number(name: Register): number {
    return Number(this.get(name));
  }
  set(name: Register, value: bigint | number): void {
    this.words[registerIndex[name]] = BigInt.asUintN(64, BigInt(value));
  }
}

export interface StartOptions {
  readonly file: string;
  /** argv[0] and the arguments. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Standard streams on /dev/null. */
  readonly quiet?: boolean;
  /** Keep it on one processor: of those that this process may use, the one of this number, modulo how many there are. */
  readonly cpu?: number;
}

/** A traced process, stopped except inside `resume` and `toSyscall`. */
export class Tracee {
  readonly pid: number;
  private memory: number | undefined;

  private constructor(pid: number) {
    this.pid = pid;
  }

  /** Starts a program and stops it right after its execve, before its first instruction. */
  static start(how: StartOptions): Tracee {
    const argv = [nativePart('starter'), how.quiet ? 'quiet' : 'plain', how.file, ...how.argv, null];
    const environment = Object.entries(how.environment).map(([name, value]) => `${name}=${value}`);
    const pid: [number] = [0];
    const failure = posixSpawn(pid, nativePart('starter'), null, null, argv, [
      ...environment,
      null,
    ]) as number;
    if (failure !== 0) throw new Error(`posix_spawn of the starter: errno ${String(failure)}`);
    const tracee = new Tracee(pid[0]);
    tracee.attach(how);
    return tracee;
  }

  private attach(how: StartOptions): void {
    const first = this.wait();
    if (first.kind === 'gone' && first.status === noNull)
      throw new LinkonceError('/dev/null cannot be opened for reading and writing: see `linkonce doctor`');
    if (first.kind !== 'signal' || first.signal !== sigStop)
      throw new LinkonceError('this machine does not permit ptrace: see `linkonce doctor`');
    const flags = options.traceSyscallGood | options.traceExec | options.traceExit | options.exitKill;
    check(ptraceValue(request.setOptions, this.pid, 0, flags), 'PTRACE_SETOPTIONS');
    if (how.cpu !== undefined) this.pin(how.cpu);
    const second = this.resume();
    if (second.kind === 'exit' || second.kind === 'gone') {
      this.end();
      throw new LinkonceError(`${how.file}: cannot be executed`);
    }
    if (second.kind !== 'exec') throw new Error(`unexpected stop before exec: ${second.kind}`);
    this.memory = openMemory(this.pid);
  }

  /** A refusal is no harm: only words that name the processor depend on it, and these are known. */
  private pin(cpu: number): void {
    const permitted = Buffer.alloc(maskSize);
    getAffinity(0, permitted.length, permitted);
    const cpus = [...permitted].flatMap((bits, byte) =>
      Array.from({ length: 8 }, (_, bit) => byte * 8 + bit).filter((each) => (bits >> (each % 8)) & 1),
    );
    const chosen = cpus[cpu % cpus.length];
    if (chosen === undefined) return;
    const mask = Buffer.alloc(maskSize);
    mask[chosen >> 3] = 1 << (chosen & 7);
    setAffinity(this.pid, mask.length, mask);
  }

  /** Runs on to the next stop; `signal` is delivered first. */
  resume(signal = 0): Stop {
    check(ptraceValue(request.cont, this.pid, 0, signal), 'PTRACE_CONT');
    return this.wait();
  }

  /** Lets it run without waiting. */
  release(signal = 0): void {
    check(ptraceValue(request.cont, this.pid, 0, signal), 'PTRACE_CONT');
  }

  /** Lets it run to the next system call's entry or exit, or any other stop, without waiting. */
  releaseToSyscall(signal = 0): void {
    check(ptraceValue(request.syscall, this.pid, 0, signal), 'PTRACE_SYSCALL');
  }

  /** Runs on to the next system call's entry or exit, or any other stop. */
  toSyscall(signal = 0): Stop {
    check(ptraceValue(request.syscall, this.pid, 0, signal), 'PTRACE_SYSCALL');
    return this.wait();
  }

  /** Executes one instruction. */
  step(): Stop {
    check(ptraceValue(request.singleStep, this.pid, 0, 0), 'PTRACE_SINGLESTEP');
    return this.wait();
  }

  /** Waits for the next stop. */
  wait(): Stop {
    const status: [number] = [0];
    for (;;) {
      const got = waitpid(this.pid, status, waitAll) as number;
      if (got === this.pid) return decodeStatus(status[0]);
      if (koffi.errno() !== koffi.os.errno.EINTR) return { kind: 'gone', status: 255, signal: 0 };
    }
  }

  /** Whether it has stopped, or ended: then `wait` returns at once. */
  hasStopped(): boolean {
    try {
      const line = readFileSync(`/proc/${String(this.pid)}/stat`, 'latin1');
      // The second field is the command's name, which may hold anything; the state is the letter after it.
      return 'tTZX'.includes(line.charAt(line.lastIndexOf(')') + 2));
    } catch {
      return true;
    }
  }

  /** Sends a signal; SIGSTOP stops it for `wait`. */
  signal(number: number): void {
    kill(this.pid, number);
  }

  registers(): Registers {
    const registers = new Registers();
    check(ptraceData(request.getRegisters, this.pid, 0, registers.words), 'PTRACE_GETREGS');
    return registers;
  }

  setRegisters(registers: Registers): void {
    check(ptraceData(request.setRegisters, this.pid, 0, registers.words), 'PTRACE_SETREGS');
  }

  /** Writes debug register `index`; answers whether the kernel took it. */
  setDebugRegister(index: number, value: Address): boolean {
    return Number(ptraceValue(request.pokeUser, this.pid, debugRegisterOffset(index), value)) !== -1;
  }

  /** Reads `length` bytes; throws where the range is not readable. */
  read(address: Address, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    this.readInto(address, bytes);
    return bytes;
  }

  readInto(address: Address, bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(this.file(), bytes, done, bytes.length - done, address + done);
      if (got === 0)
        throw new Error(`memory of ${String(this.pid)} ends at 0x${(address + done).toString(16)}`);
      done += got;
    }
  }

  readWord(address: Address): bigint {
    return this.read(address, 8).readBigUInt64LE(0);
  }

  /** Also where the tracee itself may only read. Some kernels permit that by PTRACE_POKEDATA alone (proc_mem.force_override). */
  write(address: Address, bytes: Uint8Array): void {
    try {
      writeSync(this.file(), bytes, 0, bytes.length, address);
    } catch {
      this.poke(address, bytes);
    }
  }

  private poke(address: Address, bytes: Uint8Array): void {
    const start = address - (address % 8);
    const words = this.read(start, Math.ceil((address + bytes.length - start) / 8) * 8);
    words.set(bytes, address - start);
    for (let at = 0; at < words.length; at += 8)
      if (Number(ptraceValue(request.pokeData, this.pid, start + at, words.readBigUInt64LE(at))) === -1)
        throw new LinkonceError(
          'this machine lets no tracer write to the memory of a traced program (/proc/PID/mem, PTRACE_POKEDATA)',
        );
  }

  writeWord(address: Address, value: bigint): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    this.write(address, bytes);
  }

  private file(): number {
    if (this.memory === undefined) throw new Error('the tracee has ended');
    return this.memory;
  }

  /** Kills and reaps it. One that waits in its exit stop must be let go on. Safe to call twice. */
  end(): void {
    if (this.memory !== undefined) closeSync(this.memory);
    this.memory = undefined;
    kill(this.pid, 9);
    do ptraceValue(request.cont, this.pid, 0, 0);
    while (this.wait().kind !== 'gone');
  }
}

/** Where it may not be written, PTRACE_POKEDATA still may. */
function openMemory(pid: number): number {
  const file = `/proc/${String(pid)}/mem`;
  try {
    return openSync(file, 'r+');
  } catch {
    return openSync(file, 'r');
  }
}

function check(result: unknown, what: string): void {
  if (Number(result) === -1) throw new Error(`${what}: errno ${String(koffi.errno())}`);
}

/** wait(2) and ptrace(2), 'Stopped states'. */
function decodeStatus(status: number): Stop {
  if ((status & 0x7f) === 0) return { kind: 'gone', status: (status >> 8) & 0xff, signal: 0 };
  if ((status & 0xff) !== 0x7f) return { kind: 'gone', status: 0, signal: status & 0x7f };
  const signal = (status >> 8) & 0xff;
  const what = status >> 16;
  if (what === event.exec) return { kind: 'exec' };
  if (what === event.exit) return { kind: 'exit' };
  if (signal === (sigTrap | 0x80)) return { kind: 'syscall' };
  if (signal === sigTrap) return { kind: 'trap' };
  return { kind: 'signal', signal };
}
