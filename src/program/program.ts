/**
 * An executable and its modules in the order in which the platform's linker loads them: the value that `loadProgram`
 * returns and capture, provenance and every system read.
 */
import type { ElfFile } from '../elf/elf-file.ts';
import type { Variables } from './environment.ts';

/** Tells whether a file is the one that was read: compared by bind, update and every launcher. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  /** Bytes. */
  readonly size: bigint;
  readonly mtimeNs: bigint;
  /** Unlike mtime it cannot be set back: a file rewritten in place with its old size and mtime still shows here. */
  readonly ctimeNs: bigint;
}

/** One ELF file of a program. */
export interface Module {
  /** The path by which the linker opens it. */
  readonly path: string;
  /** DT_SONAME, or the path's last part. */
  readonly name: string;
  readonly identity: FileIdentity;
  readonly elf: ElfFile;
}

/** An executable with its modules. */
export interface Program {
  /** Absolute path as a person would type it, symbolic links kept: what argv[0] and AT_EXECFN show. */
  readonly invocation: string;
  /** The same with every symbolic link resolved: what `/proc/self/exe` shows. */
  readonly path: string;
  readonly executable: Module;
  /** PT_INTERP's file. */
  readonly interpreter: Module;
  readonly libc: 'glibc' | 'musl';
  /** What its linker finds in the environment. */
  readonly variables: Variables;
  /**
   * Search order of symbols (the global scope): the executable, then its dependencies breadth-first, the interpreter where a
   * module needs it (or last, where none does). No module twice.
   */
  readonly modules: readonly Module[];
  /** What each module needs itself, in the order of its DT_NEEDED. */
  readonly dependencies: ReadonlyMap<Module, readonly Module[]>;
  /**
   * Modules that it opens with dlopen(3) and that shall be prepared, each with all that it needs; none of `modules`, and no file
   * twice. In the order in which ld.so loaded them when that was recorded.
   */
  readonly opened: readonly Module[];
  /** Names without a slash that the linker may search for, each once. */
  readonly searched: readonly string[];
}
