/**
 * Whether a file's identity names its content: on file systems where the kernel itself writes the ctime, at every change. On others the
 * times are data of an image (squashfs, erofs, iso9660), or of a server (NFS, FUSE): two builds that are made to be equal have
 * one identity, and other content.
 */
import { closeSync, openSync, readFileSync, statfsSync } from 'node:fs';
import koffi from 'koffi';
import { Refusal } from '../util/errors.ts';

/** linux/magic.h, and the file systems' own headers. The kernel writes the ctime there. */
export const localFileSystems = {
  ext4: 0xef53,
  xfs: 0x58465342,
  btrfs: 0x9123683e,
  f2fs: 0xf2f52010,
  bcachefs: 0xca451a4e,
  zfs: 0x2fc12fc1,
  jfs: 0x3153464a,
} as const;
/** The same, and all that is there was written since it was mounted. */
export const fileSystemsInMemory = { tmpfs: 0x01021994, ramfs: 0x858458f6 } as const;
export const overlayType = 0x794c7630;

const local: ReadonlySet<number> = new Set(Object.values(localFileSystems));
const inMemory: ReadonlySet<number> = new Set(Object.values(fileSystemsInMemory));
/** linux/fs.h: FS_IOC_GETFLAGS. */
const getFlags = 0x80086601;

/** Throws Refusal, naming file and file system, where the identity of a file does not name its content. */
export function requireTellingTimes(files: Iterable<string>): void {
  for (const file of files) {
    const reason = whyTimesTellNothing(file);
    if (reason !== undefined) throw new Refusal(`${file}: ${reason}`);
  }
}

/** Undefined where they tell; a file that is gone is somebody else's concern. */
export function whyTimesTellNothing(file: string): string | undefined {
  const descriptor = open(file);
  if (descriptor === undefined) return undefined;
  try {
    const { type } = statfsSync(file);
    if (inMemory.has(type)) return undefined;
    const mount = mountOf(descriptor);
    if (mount && (local.has(type) || type === overlayType) && mount.options.includes('ro'))
      return `is on a read-only ${mount.type}, whose times are those of its image and do not tell content`;
    if (local.has(type)) return undefined;
    if (type === overlayType) return lowerReason(descriptor, mount);
    return `is on ${mount?.type ?? `a file system of type 0x${type.toString(16)}`}, whose times do not tell content`;
  } finally {
    closeSync(descriptor);
  }
}

function open(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch {
    return undefined;
  }
}

interface Mount {
  readonly type: string;
  /** Of the file system itself, not of this mount of it. */
  readonly options: readonly string[];
}

/** proc(5), fdinfo and mountinfo: `ID … - TYPE SOURCE OPTIONS`. Undefined where /proc does not say. */
function mountOf(descriptor: number): Mount | undefined {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${String(descriptor)}`, 'utf8');
    const id = /^mnt_id:\s*(\d+)$/m.exec(info)?.[1] ?? '';
    const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    const line = lines.find((each) => each.startsWith(`${id} `));
    const [type, , options] = line?.split(' - ').at(-1)?.split(' ') ?? [];
    return type === undefined ? undefined : { type, options: options?.split(',') ?? [] };
  } catch {
    return undefined;
  }
}

/**
 * Of an overlay nobody tells what lies below, least of all in a container, which does not see the lower folders. But it hands on the
 * question for a file's flags (chattr(1)) to where the file lies: the local file systems have such, squashfs and erofs have none.
 * Where data and metadata are of two layers (composefs), only the data's answers, so that this is told by the options.
 */
function lowerReason(descriptor: number, mount: Mount | undefined): string | undefined {
  const isSplit = (mount?.options ?? []).some((option) =>
    /^(lowerdir=.*::|datadir\+=|verity=(on|require))/.test(option),
  );
  const flags = [0];
  if (!isSplit && ioctl()(descriptor, getFlags, flags) === 0) return undefined;
  return 'is on an overlay of a file system whose times do not tell content';
}

type Ioctl = (descriptor: number, request: number, value: number[]) => number;
let ioctlFunction: Ioctl | undefined;

function ioctl(): Ioctl {
  ioctlFunction ??= koffi.load(null).func('int ioctl(int, unsigned long, _Out_ long *)') as Ioctl;
  return ioctlFunction;
}
