/** Numbers of system calls, arch/x86/entry/syscalls/syscall_64.tbl, and what only this machine's kernel has. */

export const systemCall = {
  read: 0,
  write: 1,
  open: 2,
  close: 3,
  stat: 4,
  fstat: 5,
  lstat: 6,
  lseek: 8,
  mmap: 9,
  mprotect: 10,
  munmap: 11,
  brk: 12,
  pread64: 17,
  writev: 20,
  access: 21,
  mremap: 25,
  madvise: 28,
  fcntl: 72,
  readlink: 89,
  archPrctl: 158,
  setTidAddress: 218,
  openat: 257,
  newfstatat: 262,
  readlinkat: 267,
  faccessat: 269,
  setRobustList: 273,
  prlimit64: 302,
  getrandom: 318,
  rseq: 334,
  faccessat2: 439,
} as const;

/** asm/prctl.h: what arch_prctl(2) is asked to do. */
export const archPrctl = {
  /** ARCH_SET_FS: the thread pointer. */
  setThreadPointer: 0x1002n,
  /** ARCH_SHSTK_STATUS. */
  shadowStackStatus: 0x5005n,
} as const;
