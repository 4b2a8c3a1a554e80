/**
 * Every system call that a dynamic linker is known to make, and what it means for a restored process: it changed the
 * address space (seen in the final mappings), registered something with the kernel (replayed), or asked something
 * (asked again). A program whose linker makes any other call is refused.
 */
import { statSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { fileIdentity } from '../program/file-identity.ts';
import { archPrctl, systemCall } from '../machine/system-calls.ts';
import { Refusal } from '../util/errors.ts';
import { at } from '../util/present.ts';
import type { Question, Registrations } from './capture.ts';
import type { StackLimit } from './stack-limit.ts';
import { unlimited } from './stack-limit.ts';
import type { Tracee } from './ptrace.ts';
import { readText } from './read-text.ts';
import { statusOf } from '../util/status.ts';

/** One finished system call of the linker. */
export interface LinkerCall {
  readonly number: number;
  readonly arguments: readonly bigint[];
  /** Negative errno on failure. */
  readonly result: bigint;
}

/** What the calls leave behind, filled as they happen. */
export interface LinkerRecord {
  readonly registrations: { -readonly [K in keyof Registrations]: Registrations[K] };
  readonly questions: Map<string, Question>;
  /** What the linker is told of RLIMIT_STACK. */
  readonly stackLimit: StackLimit;
  /** Descriptors that are open, with their paths. */
  readonly files: Map<number, string>;
  /** The word that it drew by getrandom. */
  drawn: bigint | undefined;
  /** What it wrote to a descriptor: its last words where it gives up. */
  words: string;
}

/** An empty record. */
export function newRecord(stackLimit: StackLimit): LinkerRecord {
  const registrations = {
    fsBase: 0,
    threadIdAddress: undefined,
    robustList: undefined,
    rseq: undefined,
    heapSize: 0,
  };
  return { registrations, questions: new Map(), stackLimit, files: new Map(), drawn: undefined, words: '' };
}

/** ENOENT, ENOTDIR, and EACCES of a folder on the way: linkers pass such a path over. */
const notThere: ReadonlySet<bigint> = new Set([-2n, -20n, -13n]);

type Handler = (call: LinkerCall, record: LinkerRecord, tracee: Tracee) => void;
const nothing: Handler = () => undefined;

const handlers: Readonly<Record<number, Handler>> = {
  [systemCall.read]: nothing, // the file's identity is a question already
  [systemCall.write]: (call, record, tracee) => {
    addWords(record, tracee, [[argument(call, 1), argument(call, 2)]]);
  },
  [systemCall.open]: opened(0),
  [systemCall.close]: (call, record) => record.files.delete(Number(argument(call, 0))),
  [systemCall.stat]: looked(0, 'noFolder'),
  [systemCall.fstat]: nothing,
  [systemCall.lstat]: looked(0),
  [systemCall.lseek]: nothing,
  [systemCall.mmap]: nothing, // placement.ts
  [systemCall.mprotect]: protect,
  [systemCall.munmap]: nothing,
  [systemCall.brk]: nothing,
  [systemCall.pread64]: nothing,
  [systemCall.writev]: (call, record, tracee) => {
    addWords(record, tracee, vectors(tracee, Number(argument(call, 1)), Number(argument(call, 2))));
  },
  [systemCall.access]: looked(0),
  [systemCall.madvise]: nothing,
  [systemCall.fcntl]: nothing, // F_SETFD of a file that is closed again
  [systemCall.readlink]: readLink(0),
  [systemCall.archPrctl]: setArchitecture,
  [systemCall.setTidAddress]: (call, record) =>
    (record.registrations.threadIdAddress = Number(argument(call, 0))),
  [systemCall.openat]: opened(1),
  [systemCall.newfstatat]: looked(1, 'noFolder'),
  [systemCall.readlinkat]: readLink(1), // glibc 2.41 for $ORIGIN
  [systemCall.faccessat]: looked(1),
  [systemCall.setRobustList]: setRobustList,
  [systemCall.prlimit64]: prlimit,
  [systemCall.getrandom]: getRandom,
  [systemCall.rseq]: rseq,
  [systemCall.faccessat2]: looked(1),
};

/** Takes a finished call into the record. Throws Refusal for a call that is not known. */
export function recordCall(call: LinkerCall, record: LinkerRecord, tracee: Tracee): void {
  const handler = handlers[call.number];
  if (!handler)
    throw new Refusal(`its dynamic linker makes system call ${String(call.number)}, which is not known`);
  handler(call, record, tracee);
}

function argument(call: LinkerCall, index: number): bigint {
  return at(call.arguments, index, 'argument');
}

function ask(record: LinkerRecord, question: Question, key: string): void {
  if (!record.questions.has(key)) record.questions.set(key, question);
}

function pathArgument(call: LinkerCall, index: number, tracee: Tracee): string {
  return readText(tracee, Number(argument(call, index)));
}

/** linux/mman.h: the range reaches down to the start of the stack. */
const protGrowsDown = 0x0100_0000n;

/** What a module's PT_GNU_STACK asks for; a launcher has only the executable's. Other memory is read from the process. */
function protect(call: LinkerCall): void {
  if ((argument(call, 2) & protGrowsDown) !== 0n)
    throw new Refusal(
      'its dynamic linker changes the protection of the stack: a library needs an executable one',
    );
}

function opened(index: number): Handler {
  return (call, record, tracee) => {
    const path = pathArgument(call, index, tracee);
    seen(path, call.result, record);
    if (call.result < 0n) return;
    if (!isFileOrFolder(path)) throw new Refusal(`its dynamic linker reads ${path}, which is no plain file`);
    record.files.set(Number(call.result), path);
  };
}

/** A device or a pipe may give each process something else. */
function isFileOrFolder(path: string): boolean {
  const status = statSync(path);
  return status.isFile() || status.isDirectory();
}

/** stat(2) is what glibc's linker asks of a folder, before it searches there; of a file it asks by opening it, or access(2). */
type Missing = 'absent' | 'noFolder';

function looked(index: number, missing: Missing = 'absent'): Handler {
  return (call, record, tracee) => {
    const path = pathArgument(call, index, tracee);
    if (path !== '') seen(path, call.result, record, missing);
  };
}

/**
 * A path was tried: with success, or it was not there. A relative one may only be absent; the loader asks for it in the current
 * directory of each start, as the linker does.
 */
function seen(path: string, result: bigint, record: LinkerRecord, missing: Missing = 'absent'): void {
  if (/^\/(proc|sys)\//.test(path)) throw new Refusal(`its dynamic linker reads ${path}`);
  if (notThere.has(result) && statusOf(path) === undefined)
    ask(record, { kind: missing, path }, `${missing} ${path}`);
  else if (!path.startsWith('/'))
    throw new Refusal(`its dynamic linker finds '${path}' in the current directory`);
  else if (result < 0n)
    throw new Refusal(`its dynamic linker could not look at ${path}: ${getSystemErrorName(Number(result))}`);
  else if (statSync(path).isDirectory()) ask(record, { kind: 'directory', path }, path);
  else ask(record, { kind: 'file', path, identity: fileIdentity(path) }, path);
}

function readLink(index: number): Handler {
  return (call, _record, tracee) => {
    const path = pathArgument(call, index, tracee);
    if (path !== '/proc/self/exe') throw new Refusal(`its dynamic linker reads the link ${path}`);
  };
}

function setArchitecture(call: LinkerCall, record: LinkerRecord, tracee: Tracee): void {
  if (argument(call, 0) === archPrctl.setThreadPointer)
    record.registrations.fsBase = Number(argument(call, 1));
  else askCall(call, record, tracee);
}

/** A question whose answer may be in memory: then it must be a failure, or say that there is no shadow stack. */
function askCall(call: LinkerCall, record: LinkerRecord, tracee: Tracee): void {
  const { number, result } = call;
  const question: Question = { kind: 'call', number, arguments: call.arguments.slice(0, 1), result };
  if (result >= 0n && !isShadowStackOff(call, tracee))
    throw new Refusal(`its dynamic linker uses system call ${String(number)} with success`);
  ask(record, question, `${String(number)} ${String(argument(call, 0))}`);
}

/** glibc 2.39 and later, where built for CET, ask for the 8 bytes of features that are on. */
function isShadowStackOff(call: LinkerCall, tracee: Tracee): boolean {
  if (argument(call, 0) !== archPrctl.shadowStackStatus || call.result !== 0n) return false;
  return tracee.read(Number(argument(call, 1)), 8).readBigUInt64LE(0) === 0n;
}

function setRobustList(call: LinkerCall, record: LinkerRecord): void {
  record.registrations.robustList = {
    head: Number(argument(call, 0)),
    length: Number(argument(call, 1)),
  };
}

function rseq(call: LinkerCall, record: LinkerRecord): void {
  if (call.result < 0n) {
    // Such a process goes on without; where the kernel would register one, its memory must not say so.
    const asked = { kind: 'call', number: call.number, arguments: [0n], result: call.result } as const;
    ask(record, asked, 'rseq');
    return;
  }
  record.registrations.rseq = {
    address: Number(argument(call, 0)),
    length: Number(argument(call, 1)),
    signature: Number(argument(call, 3)),
  };
}

/** One word at a time, which the loader draws anew (SOURCE_RANDOM). */
function getRandom(call: LinkerCall, record: LinkerRecord, tracee: Tracee): void {
  const [address, length] = [argument(call, 0), argument(call, 1)];
  if (length !== 8n || call.result !== 8n)
    throw new Refusal(`its dynamic linker draws ${String(length)} random bytes, gets ${String(call.result)}`);
  if (record.drawn !== undefined) throw new Refusal('its dynamic linker draws random bytes more than once');
  record.drawn = tracee.read(Number(address), 8).readBigUInt64LE(0);
}

/** RLIMIT_STACK of sys/resource.h. */
const stackResource = 3n;

/** The answer becomes the one that this capture shall see. */
function prlimit(call: LinkerCall, record: LinkerRecord, tracee: Tracee): void {
  const resource = argument(call, 1);
  if (argument(call, 2) !== 0n || call.result < 0n)
    throw new Refusal('its dynamic linker changes a resource limit');
  if (resource !== stackResource)
    throw new Refusal(`its dynamic linker asks for resource limit ${String(resource)}, which is not known`);
  const { told, least } = record.stackLimit;
  const limits = Buffer.alloc(16);
  limits.writeBigUInt64LE(told, 0);
  limits.writeBigUInt64LE(unlimited, 8);
  tracee.write(Number(argument(call, 3)), limits);
  ask(record, { kind: 'stack-limit', least }, 'stack limit');
}

function addWords(record: LinkerRecord, tracee: Tracee, parts: readonly [bigint, bigint][]): void {
  for (const [start, length] of parts) record.words += tracee.read(Number(start), Number(length)).toString();
}

function vectors(tracee: Tracee, pointer: number, count: number): [bigint, bigint][] {
  const bytes = tracee.read(pointer, count * 16);
  return Array.from({ length: count }, (_, i) => [
    bytes.readBigUInt64LE(i * 16),
    bytes.readBigUInt64LE(i * 16 + 8),
  ]);
}
