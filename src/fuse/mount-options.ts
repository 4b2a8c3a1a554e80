/** What a mount of ours is called and may do, for mount(2) and for fusermount3. */
import { maximumRead } from './responder.ts';

const name = 'linkonce';
/** As /proc/self/mountinfo shows it. */
export const fileSystemType = `fuse.${name}`;
export const source = name;

/** mount.fuse3(8). `max_read` is the longest READ, bytes. The kernel checks permissions; no program may be kept out by `noexec`. */
const common = `default_permissions,max_read=${maximumRead}`;

/** For mount(2): `rootmode` is octal, a directory; the owner is who has the mount's rights. */
export function kernelOptions(device: number): string {
  return `fd=${device},rootmode=40000,user_id=0,group_id=0,allow_other,${common}`;
}

/** For fusermount3, which gives others access only where /etc/fuse.conf permits it: it is not asked for. */
export const helperOptions = `ro,nosuid,nodev,fsname=${name},subtype=${name},${common}`;
