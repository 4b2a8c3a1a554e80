/** Extended attributes of files: xattr(7). */
import koffi from 'koffi';

/** ssize_t getxattr(path, name, value, size), of whichever C library this process has. */
type GetXattr = (path: string, name: string, value: null, size: number) => number;
let getxattr: GetXattr | undefined;

/** Whether the file has the attribute `name`, and something is in it. */
export function hasAttribute(path: string, name: string): boolean {
  getxattr ??= koffi.load(null).func('long getxattr(const char *, const char *, void *, size_t)') as GetXattr;
  return getxattr(path, name, null, 0) > 0;
}
