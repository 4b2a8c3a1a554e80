/**
 * Answers requests, one after the other: bytes in, bytes out, no device. Requests come from the kernel, but their lengths are
 * checked all the same; what is wrong with one is said in the log and answered by EINVAL.
 */
import { LinkonceError } from '../util/errors.ts';
import type { Fields, FieldValues, Structure } from '../util/structure.ts';
import { decode, encode } from '../util/structure.ts';
import { pageSize } from '../util/units.ts';
import type { Counters } from './counters.ts';
import type { Listing } from './describe-node.ts';
import { encodeAttributes, encodeEntry, encodeListing } from './describe-node.ts';
import { NodeTable } from './node-table.ts';
import {
  batchForgetRequest,
  errors,
  forgetOne,
  forgetRequest,
  initFlags,
  initReply,
  initRequest,
  openFlags,
  openReply,
  operationNames,
  readRequest,
  releaseRequest,
  replyHeader,
  requestHeader,
  statfsReply,
  version,
  type Operation,
} from './protocol.ts';
import type { Directory, File, Node, Tree } from './tree.ts';

export interface ResponderSettings {
  /** The most that the kernel reads ahead of, or around, a page that is asked for, bytes; 0: that page alone. */
  readonly readAhead: number;
}

/** Bytes of the longest READ: 256 pages, the kernel's limit (fs/fuse/fuse_i.h, FUSE_MAX_MAX_PAGES, up to Linux 6.12). */
export const maximumRead = 256 * pageSize;
/** Linux's own limit of a name, NAME_MAX, bytes. */
const longestName = 255;

/** The bytes of an answer, an error's number, or nothing for requests that have no answer. */
type Answer = Buffer | number | undefined;

interface Request {
  readonly node: number;
  /** Behind the header. */
  readonly body: Buffer;
}

export class Responder {
  readonly #nodes: NodeTable;
  readonly #counters: Counters;
  readonly #settings: ResponderSettings;
  readonly #log: (line: string) => void;
  readonly #listings = new Map<bigint, Listing>();
  #nextHandle = 1n;

  constructor(tree: Tree, counters: Counters, settings: ResponderSettings, log: (line: string) => void) {
    this.#nodes = new NodeTable(() => tree.root);
    this.#counters = counters;
    this.#settings = settings;
    this.#log = log;
  }

  /** Nodes that the kernel has not forgotten. */
  get knownNodes(): number {
    return this.#nodes.size;
  }

  /** The parts of the reply, for one write; undefined where none is due. */
  answer(request: Buffer): Buffer[] | undefined {
    if (request.length < requestHeader.size) {
      this.#fail(`a request of ${request.length} bytes has no header`);
      return undefined;
    }
    const { len, opcode, unique, nodeid } = decode(requestHeader, request);
    const operation = operationNames.get(opcode);
    this.#counters.countRequest(operation);
    const body = request.subarray(requestHeader.size);
    const answer =
      len === request.length
        ? this.#attempt(operation, { node: Number(nodeid), body })
        : this.#fail(`request ${opcode}: ${request.length} bytes where its header says ${len}`);
    return answer === undefined || isSilent(operation) ? undefined : reply(unique, answer);
  }

  #attempt(operation: Operation | undefined, request: Request): Answer {
    if (operation === undefined) return errors.ENOSYS;
    try {
      return this.#handlers[operation](request);
    } catch (error) {
      const what = `${operation} of inode ${request.node}`;
      if (error instanceof MalformedRequest) return this.#fail(`${what}: ${error.message}`);
      return this.#fail(`${what}: ${describeError(error)}`, errors.EIO);
    }
  }

  #fail(line: string, errno: number = errors.EINVAL): number {
    this.#counters.countFailure();
    this.#log(line);
    return errno;
  }

  readonly #handlers: Readonly<Record<Operation, (request: Request) => Answer>> = {
    INIT: ({ body }) => this.#init(body),
    LOOKUP: (request) => this.#lookUp(request),
    FORGET: ({ node, body }) => {
      this.#nodes.forget(node, Number(take(forgetRequest, body).nlookup));
      return undefined;
    },
    BATCH_FORGET: ({ body }) => this.#forgetAll(body),
    GETATTR: ({ node }) => this.#with(node, encodeAttributes),
    READLINK: ({ node }) =>
      this.#with(node, (link) => (link.kind === 'link' ? Buffer.from(link.target) : errors.EINVAL)),
    // FUSE_NO_OPEN_SUPPORT: the kernel never asks again, and keeps pages as if FOPEN_KEEP_CACHE had been answered.
    OPEN: () => errors.ENOSYS,
    READ: (request) => this.#read(request),
    OPENDIR: ({ node }) => this.#with(node, (found) => this.#openDirectory(found)),
    READDIR: ({ body }) => this.#readDirectory(body),
    RELEASEDIR: ({ body }) => {
      this.#listings.delete(take(releaseRequest, body).fh);
      return Buffer.alloc(0);
    },
    STATFS: () => encode(statfsReply, { bsize: pageSize, frsize: pageSize, namelen: longestName }),
    RELEASE: () => Buffer.alloc(0),
    // The kernel never asks again.
    FLUSH: () => errors.ENOSYS,
    ACCESS: () => Buffer.alloc(0),
    // What it would interrupt has been answered: requests are answered one by one.
    INTERRUPT: () => undefined,
    DESTROY: () => Buffer.alloc(0),
  };

  #with(ino: number, use: (node: Node) => Answer): Answer {
    const node = this.#nodes.get(ino);
    return node ? use(node) : errors.ENOENT;
  }

  #init(body: Buffer): Answer {
    const asked = take(initRequest, body);
    // To a newer major the kernel wants our own, and asks again (fuse.h, 'FUSE_INIT').
    if (asked.major > version.major) return encode(initReply, { major: version.major });
    if (asked.major < version.major || asked.minor < version.oldestMinor) {
      this.#fail(`this kernel speaks FUSE ${asked.major}.${asked.minor}, too old`);
      return errors.EPROTO;
    }
    const wanted = Object.values(initFlags).reduce((all, flag) => all | flag, 0);
    return encode(initReply, {
      major: version.major,
      minor: Math.min(version.minor, asked.minor),
      max_readahead: Math.min(this.#settings.readAhead, asked.max_readahead),
      flags: (asked.flags & wanted) >>> 0,
      max_write: pageSize,
      time_gran: 1,
      max_pages: maximumRead / pageSize,
    });
  }

  #lookUp({ node, body }: Request): Answer {
    const name = takeName(body);
    return this.#with(node, (directory) => {
      if (directory.kind !== 'directory') return errors.ENOTDIR;
      const found = directory.entries.get(name);
      if (!found) return errors.ENOENT;
      this.#nodes.remember(found);
      return encodeEntry(found);
    });
  }

  #forgetAll(body: Buffer): Answer {
    const { count } = take(batchForgetRequest, body);
    for (let index = 0; index < count; index++) {
      const one = take(forgetOne, body, batchForgetRequest.size + index * forgetOne.size);
      this.#nodes.forget(Number(one.nodeid), Number(one.nlookup));
    }
    return undefined;
  }

  #read({ node, body }: Request): Answer {
    const begun = performance.now();
    const { offset, size } = take(readRequest, body);
    return this.#with(node, (file) => {
      if (file.kind !== 'file') return errors.EINVAL;
      const bytes = readExactly(file, Number(offset), size);
      this.#counters.countRead(bytes.length, (performance.now() - begun) * 1e6);
      return bytes;
    });
  }

  #openDirectory(node: Node): Answer {
    if (node.kind !== 'directory') return errors.ENOTDIR;
    const handle = this.#nextHandle++;
    this.#listings.set(handle, list(node));
    return encode(openReply, { fh: handle, open_flags: openFlags.keepCache | openFlags.cacheDirectory });
  }

  #readDirectory(body: Buffer): Answer {
    const { fh, offset, size } = take(readRequest, body);
    const listing = this.#listings.get(fh);
    if (!listing) return errors.EINVAL;
    return encodeListing(listing, Number(offset), Math.min(size, maximumRead));
  }
}

/** A request that is shorter than what its operation needs. */
class MalformedRequest extends LinkonceError {}

/** These have no reply, whatever happened. */
function isSilent(operation: Operation | undefined): boolean {
  return operation === 'FORGET' || operation === 'BATCH_FORGET' || operation === 'INTERRUPT';
}

function reply(unique: bigint, answer: Buffer | number): Buffer[] {
  if (typeof answer === 'number')
    return [encode(replyHeader, { len: replyHeader.size, error: -answer, unique })];
  return [encode(replyHeader, { len: replyHeader.size + answer.length, error: 0, unique }), answer];
}

function take<F extends Fields>(of: Structure<F>, body: Buffer, offset = 0): FieldValues<F> {
  if (body.length < offset + of.size)
    throw new MalformedRequest(`${body.length} bytes where ${offset + of.size} are needed`);
  return decode(of, body, offset);
}

function takeName(body: Buffer): string {
  const end = body.indexOf(0);
  if (end < 0) throw new MalformedRequest('its name has no end');
  return body.toString('utf8', 0, end);
}

/** A reply that is too short would be filled up with zeros by the kernel: wrong bytes. */
function readExactly(file: File, offset: number, size: number): Buffer {
  const length = Math.max(0, Math.min(size, maximumRead, file.size - offset));
  const bytes = length === 0 ? Buffer.alloc(0) : file.read(offset, length);
  if (bytes.length !== length)
    throw new LinkonceError(`${bytes.length} bytes at ${offset} where ${length} were asked for`);
  return bytes;
}

function list(directory: Directory): Listing {
  return [['.', directory], ['..', directory], ...directory.entries];
}

/** One line, or a bug with its stack. */
function describeError(error: unknown): string {
  if (error instanceof LinkonceError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
