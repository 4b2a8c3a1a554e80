import type { ElfHeader, FunctionRange, Section, Segment } from './elf-file.ts';
import type { LoadedBytes } from './loaded-bytes.ts';

export interface UnwindSource {
  readonly path: string;
  readonly bytes: Buffer;
  readonly header: ElfHeader;
  readonly segments: readonly Segment[];
  readonly sections: () => readonly Section[];
  readonly loaded: LoadedBytes;
}

export function readFunctionRanges(_source: UnwindSource): FunctionRange[] {
  return [];
}
