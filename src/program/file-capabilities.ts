/** File capabilities, which the kernel gives to a program like set-user-id: capabilities(7). */
import koffi from 'koffi';

/** ssize_t getxattr(path, name, value, size), of whichever C library this process has. */
type GetXattr = (path: string, name: string, value: null, size: number) => number;
let getxattr: GetXattr | undefined;

/** Whether the file carries `security.capability`. */
export function hasFileCapabilities(path: string): boolean {
  getxattr ??= koffi.load(null).func('long getxattr(const char *, const char *, void *, size_t)') as GetXattr;
  return getxattr(path, 'security.capability', null, 0) > 0;
}
