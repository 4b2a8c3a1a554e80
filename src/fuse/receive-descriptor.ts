/** A file descriptor from another process, over a pair of sockets: unix(7), SCM_RIGHTS. */
import koffi from 'koffi';
import { LinkonceError } from '../util/errors.ts';
import { decode, structure } from '../util/structure.ts';

const libc = koffi.load('libc.so.6');
const socketpair = libc.func('int socketpair(int domain, int type, int protocol, _Out_ int *ends)');
/** struct msghdr of sys/socket.h, and struct iovec. */
const vector = koffi.struct({ base: 'void *', length: 'size_t' });
const message = koffi.struct({
  name: 'void *',
  nameLength: 'uint32_t',
  vectors: koffi.pointer(vector),
  vectorCount: 'size_t',
  control: 'void *',
  controlLength: 'size_t',
  flags: 'int',
});
const recvmsg = libc.func('recvmsg', 'long', ['int', koffi.inout(koffi.pointer(message)), 'int']);

// sys/socket.h
const unixDomain = 1;
const streamSocket = 1;
const closeOnExec = 0o2000000;
const socketLevel = 1;
const rights = 1;
const receiveCloseOnExec = 0x40000000;

/** struct cmsghdr and the one descriptor behind it. */
const controlMessage = structure({ length: 'u64', level: 'i32', type: 'i32', descriptor: 'i32' });
/** CMSG_SPACE of one descriptor, bytes. */
const controlSpace = 24;

export function connectedSockets(): [number, number] {
  const ends: [number, number] = [0, 0];
  if (socketpair(unixDomain, streamSocket | closeOnExec, 0, ends) !== 0)
    throw new Error(`socketpair: errno ${koffi.errno()}`);
  return ends;
}

/** Waits for one message with one descriptor. */
export function receiveDescriptor(socket: number): number {
  const control = Buffer.alloc(controlSpace);
  const header = {
    name: null,
    nameLength: 0,
    vectors: [{ base: Buffer.alloc(1), length: 1 }],
    vectorCount: 1,
    control,
    controlLength: control.length,
    flags: 0,
  };
  const received = Number(recvmsg(socket, header, receiveCloseOnExec));
  const { level, type, descriptor } = decode(controlMessage, control);
  if (received !== 1 || level !== socketLevel || type !== rights)
    throw new LinkonceError('fusermount3 mounted, but did not hand the device over');
  return descriptor;
}
