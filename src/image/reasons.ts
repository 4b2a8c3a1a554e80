/**
 * Why a loader hands over to the platform's linker: what it says, and what helps a person. The one place for both: the loader
 * gets the texts through native/plan.h, and who asks a launcher (ask-launcher.ts) finds the help by them.
 */

/** What mends a reason. */
export type Remedy =
  /** Binding again, here and now. */
  | 'bind-again'
  /** Something that the person does or has, as `help` says. */
  | 'person';

export interface Reason {
  readonly text: string;
  readonly remedy: Remedy;
  /** What to do; behind 'to be used, ' it is a sentence. */
  readonly help: string;
}

export const bindItAgain = 'bind it again here (`bind`, `store add`)';

/** The same content may be there: in a container's layer, after an archive was unpacked. */
const bindOrSettle = (text: string): Reason => ({
  text,
  remedy: 'bind-again',
  help: `${bindItAgain}, or where files are the same but were mounted or unpacked anew, run linkonce-settle`,
});
const bindAgain = (text: string): Reason => ({ text, remedy: 'bind-again', help: bindItAgain });
const person = (text: string, help: string): Reason => ({ text, remedy: 'person', help });

const ownImage = 'give the image to the user who runs it, or to root';
const onlyOwner = 'take the right to write from group and others (chmod go-w)';
const serve = 'serve the places: `linkonce pagein start`';
const serveAnew =
  'let the server go on (kill -CONT), or serve anew: `linkonce pagein stop`, `linkonce pagein start`';
const room = 'raise the limit of the address space (ulimit -v), or bind with another --window';

export const reasons = {
  raisedPrivileges: person('it runs with raised privileges', 'start it without set-user-id or capabilities'),
  debugger: person('a debugger started it', 'attach the debugger when it runs (gdb PROGRAM -p PID)'),
  variables: {
    text: "it is not bound for the linker's variables as they are set",
    remedy: 'bind-again',
    help: 'bind it with them set (`bind`, `run`, `store add`), or start it with others',
  },
  noImage: bindAgain('there is no image'),
  imageUnreadable: person(
    'this user may not read the image',
    'let its users read it, and pass through its folders (chmod go+r, go+x)',
  ),
  imageUnknown: person('the image cannot be looked at', 'let fstat(2) be called'),
  imageTruncated: bindAgain('the image is truncated'),
  imageForeign: person('the image belongs to another user', ownImage),
  imageWritable: person('others may write to the image', onlyOwner),
  imageRangeTaken: bindAgain("the image's range is taken"),
  imageUnmapped: person(
    'the image cannot be mapped',
    'put it on a file system that is not mounted with noexec',
  ),
  imageVersion: bindAgain('the image is not of this version'),
  imageDamaged: bindAgain('the image is damaged, or another one than at bind'),
  imageLoader: bindAgain('the image has another loader'),
  fileChanged: bindOrSettle('a file is not as at bind'),
  cachedLibrary: bindAgain("the linker's cache has something else for a library"),
  cacheUnread: bindAgain("the linker's cache is another one, and cannot be read"),
  filteredLinks: person(
    'its program has several names, and under a filter of system calls no link is read',
    'start it without the filter, or bind it by the name of a plain file',
  ),
  kernelAnswer: bindAgain('the kernel answers a question of the linker in another way'),
  stackLimit: person(
    'the limit of the stack is lower than this program was bound for',
    'raise it (ulimit -s)',
  ),
  machine: bindAgain('the kernel describes another machine'),
  platform: bindAgain('the kernel names another platform'),
  processor: bindAgain('the processor has other features'),
  processorState: bindAgain('the kernel enables other processor features'),
  noVdso: person('there is no vdso', 'start the kernel with its vdso'),
  vdso: bindAgain('the vdso is another one'),
  vdsoNotes: person('the vdso has no notes', 'use a kernel whose vdso has a build id'),
  noRandom: person('the kernel has no random bytes yet', 'wait until the kernel has some'),
  exeLink: person(
    'it reads /proc/self/exe, and this user may not set that link',
    'let users have user namespaces (sysctl user.max_user_namespaces), give CAP_CHECKPOINT_RESTORE, or bind it with --as-interpreter',
  ),
  heapRoom: person('there is no room for the heap', room),
  heapUnread: bindAgain("the image's heap cannot be read"),
  moduleRoom: person('there is no room for a module', room),
  rangeTaken: bindAgain('a range is taken'),
  rangeUnmapped: person(
    'a range cannot be mapped',
    'put its file on a file system that is not mounted with noexec',
  ),
  rangeProtection: person('a range cannot be protected', 'let mprotect(2) be called'),
  rangeWritable: person('a range cannot be made writable', 'let mprotect(2) be called'),
  rangeSealed: person('a range cannot be made read-only', 'let mprotect(2) be called'),
  noNewCode: person(
    'this process may not make memory executable',
    'let it do so (systemd: MemoryDenyWriteExecute=no)',
  ),
  storeFile: bindOrSettle('a file of the store is not as at bind'),
  fixesUnmapped: person('the fix-ups cannot be mapped', room),
  fixesDamaged: bindAgain("the image's fix-ups are damaged"),
  noPlaces: person('there are no places', serve),
  placesUnserved: person('nobody serves the places', serve),
  serverGone: person('who served the places is gone', serve),
  serverForeign: person('others may write to the lock of the places', onlyOwner),
  serverSilent: person('who serves the places gives no sign of life', serveAnew),
  serverStopped: person('who serves the places is stopped', serveAnew),
  placesForeign: person('others may write to the places', onlyOwner),
  placeForeign: person('others may write to the place', onlyOwner),
  placeSlide: person('the place says no slide', serve),
  noDescriptor: person('no file descriptor is left', 'raise the limit of open files (ulimit -n)'),
  noMemory: person(
    'there is not enough memory, or a limit of it is reached',
    'raise the limits of memory (ulimit -v, ulimit -d)',
  ),
} as const satisfies Readonly<Record<string, Reason>>;

/** The reason of a text that a loader said; undefined where no loader of ours says that. */
export function findReason(text: string): Reason | undefined {
  return Object.values<Reason>(reasons).find((reason) => reason.text === text);
}
