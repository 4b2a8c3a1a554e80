/** What images need to know of a program when its modules' files are no longer read. */
import { ET, PT } from '../elf/constants.ts';
import type { Vaddr } from '../util/units.ts';
import type { Variables } from './environment.ts';
import { readsExeLink } from './exe-link.ts';
import type { PathLink } from './path-links.ts';
import { hasOtherNames, linksOf } from './path-links.ts';
import type { FileIdentity, Module, Program } from './program.ts';

/** A `Module` without its content. */
export interface ModuleFacts {
  readonly path: string;
  readonly name: string;
  readonly identity: FileIdentity;
}

export interface ProgramFacts {
  /** As in `Program`. */
  readonly invocation: string;
  readonly path: string;
  readonly libc: Program['libc'];
  readonly variables: Variables;
  readonly executable: ModuleFacts;
  readonly interpreter: ModuleFacts;
  readonly modules: readonly ModuleFacts[];
  /** The executable is ET_EXEC. */
  readonly fixed: boolean;
  readonly entry: Vaddr;
  readonly programHeaders: number;
  /** The first PT_LOAD segment with PF_X and with PF_W; an empty one has one byte. */
  readonly code: { readonly start: Vaddr; readonly end: Vaddr };
  readonly data: { readonly start: Vaddr; readonly end: Vaddr };
  /** p_flags of PT_GNU_STACK. */
  readonly stackFlags: number | undefined;
  /** Whether it looks at /proc/self/exe. */
  readonly readsExeLink: boolean;
  /** Whether it finds libraries by its own folder. */
  readonly usesOrigin: boolean;
  /** Symbolic links by which `invocation` leads to `path`; none where the file has no other name that they could lead to. */
  readonly links: readonly PathLink[];
}

export function programFacts(program: Program): ProgramFacts {
  const { invocation, path, libc, variables, executable, interpreter, modules } = program;
  const { header, segments, dynamic } = executable.elf;
  return {
    invocation,
    path,
    libc,
    variables,
    executable: moduleFacts(executable),
    interpreter: moduleFacts(interpreter),
    modules: modules.map(moduleFacts),
    fixed: header.type === ET.EXEC,
    entry: header.entry,
    programHeaders: segments.length,
    code: segmentRange(executable, 1),
    data: segmentRange(executable, 2),
    stackFlags: segments.find(({ type }) => type === PT.GNU_STACK)?.flags,
    readsExeLink: readsExeLink(program),
    links: hasOtherNames(path) ? linksOf(invocation) : [],
    usesOrigin: /\$(ORIGIN|\{ORIGIN\})/.test((dynamic?.runpath ?? '') + (dynamic?.rpath ?? '')),
  };
}

function moduleFacts({ path, name, identity }: Module): ModuleFacts {
  return { path, name, identity };
}

/** `flag`: PF_X 1 or PF_W 2. */
function segmentRange(module: Module, flag: 1 | 2): { start: Vaddr; end: Vaddr } {
  const segment = module.elf.segments.find((s) => s.type === PT.LOAD && (s.flags & flag) !== 0);
  const start = segment?.address ?? 0;
  return { start, end: start + Math.max(1, segment?.fileSize ?? 0) };
}
