/** Addresses that names give can be taken: by another module, by an executable with fixed addresses, by the kernel. */
import type { WiredModule } from '../../calls/call-scheme.ts';
import { LinkonceError } from '../../util/errors.ts';
import type { Address } from '../../util/units.ts';
import { hex } from '../../util/units.ts';

export interface Range {
  /** For a person. */
  readonly what: string;
  readonly start: Address;
  readonly end: Address;
}

/** What no process may map: vm.mmap_min_addr is 64 KiB (Documentation/admin-guide/sysctl/vm.rst). */
const kernel: Range = { what: "the kernel's lowest range", start: 0, end: 0x1_0000 };

/** Modules with their areas. */
export function memoryOf(modules: readonly WiredModule[]): Range[] {
  return modules.map(({ path, start, end, area }) => ({
    what: path,
    start: Math.min(start, area.size > 0 ? area.address : start),
    end: Math.max(end, area.address + area.size),
  }));
}

/** Throws LinkonceError naming two ranges that overlap, the lower one as the holder. */
export function requireApart(ranges: readonly Range[]): void {
  const sorted = [kernel, ...ranges].sort((a, b) => a.start - b.start);
  sorted.forEach((each, index) => {
    const before = sorted[index - 1];
    if (before && before.end > each.start)
      throw new LinkonceError(
        `${each.what} wants ${hex(each.start)}-${hex(each.end)}, where ${before.what} is`,
      );
  });
}
