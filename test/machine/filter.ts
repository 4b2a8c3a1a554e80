/** Whether system calls are filtered here (seccomp): launchers then make only those of a linker (native/filter.h). */
import { readFileSync } from 'node:fs';

export const isFiltered = /^Seccomp:\s+[^0\s]/m.test(readFileSync('/proc/self/status', 'latin1'));
