/**
 * The one definition of the plan's layout. The plan is the head of every image file: all that the loader needs to know,
 * as little-endian structures. From this file TypeScript encodes and decodes it, and `native/plan.h` is generated.
 * The format's specification for people is docs/formats/image.md.
 */

import type { Fields, Structure } from '../util/structure.ts';
import { structure as layOut } from '../util/structure.ts';

/** A structure with its C name; u64 fields stand at multiples of 8. */
export interface NamedStructure<F extends Fields = Fields> extends Structure<F> {
  readonly name: string;
  readonly comment: string;
}

const structure = <const F extends Fields>(name: string, comment: string, fields: F): NamedStructure<F> => ({
  ...layOut(fields),
  name,
  comment,
});

/** Raised with every change of the layout; a loader refuses any other. */
export const planVersion = 10;
/** Where the plan stands in an image: behind the page that makes the file an ELF file. Offsets of the plan in files count from the file's start. */
export const planOffset = 0x1000;
/** 'LINKONCE' and 'LAUNCHER' as little-endian words. */
export const planMagic = Buffer.from('LINKONCE').readBigUInt64LE(0);
export const launcherMagic = Buffer.from('LAUNCHER').readBigUInt64LE(0);
export const countMagic = Buffer.from('LNKCOUNT').readBigUInt64LE(0);
export const settledMagic = Buffer.from('LNKSETTL').readBigUInt64LE(0);

/** What a step does with its range. */
export const operations = {
  /** Map the backing's file; the range must be free. */
  mapFile: 0,
  /** Map the file over what is there. */
  mapFileOver: 1,
  /** Anonymous zero memory over what is there. */
  mapZeroOver: 2,
  /** Change the protection; where that is denied, map the range of the file over what is there. */
  protect: 3,
  /** Anonymous zero memory; the range must be free. */
  mapZero: 4,
  /** Anonymous memory, filled with what the backing's file holds, or where that is denied, the file; the range must be free. */
  fill: 5,
} as const;

/** Where the pages of a backing's steps come from. */
export const backingKinds = {
  /** The program's own image. */
  own: 0,
  /** A file that processes map as it is. */
  file: 1,
  /** What a place shows under the file's name. */
  shown: 2,
  /** A module's own file: it must be the one that was captured. */
  module: 3,
} as const;

/**
 * What a start does once the program's memory is there, in the order of the plan's rows: `value`, which moves with its region, and
 * two numbers more. native/actions.h has a case for each.
 */
export const actions = {
  /** set_tid_address(2). Comes before the process words are written, since its answer is one of them. */
  setThreadIdAddress: 0,
  /** The thread pointer. */
  setFs: 1,
  setGs: 2,
  /** A head, and its length. */
  setRobustList: 3,
  /** An area, its length, and the signature before abort handlers. */
  registerRseq: 4,
  /** Functions are entered by a signal: its handler, what returns from it, and the signal. */
  enterBySignal: 5,
  /** Where something moved: glibc's sorted table of modules, and its number of entries. */
  sortUnwindTable: 6,
} as const;

/** What a process word is made of. */
export const sources = {
  'stack-pointer': 0,
  argc: 1,
  argv: 2,
  envp: 3,
  auxv: 4,
  auxiliary: 5,
  vdso: 6,
  'program-break': 7,
  'thread-id': 8,
  'stack-canary': 9,
  'pointer-guard': 10,
  random: 11,
  /** The soft limit in whole pages; the addend where there is none. */
  'stack-limit': 12,
  /** Where the text of a row of `variables` stands in the process's environment. */
  variable: 13,
} as const;

export const pathKinds = {
  /** There must be nothing. */
  absent: 0,
  directory: 1,
  /** A folder that the linker would search: there must be none, or one without anything in it. */
  noFolder: 2,
} as const;

/** Bits of `flags`. */
export const planFlags = {
  /** The program reads /proc/self/exe: hand over where the link cannot be set. */
  needsExeLink: 1,
  /** The executable has fixed addresses (ET_EXEC). */
  fixedExecutable: 2,
  /** A range that is taken ends the start with an error. */
  endOnCollision: 4,
  /** Every process draws a distance by which all that can move moves. */
  slide: 8,
  /** Processes of one group begin with the same place; otherwise all begin with the first. */
  placeByGroup: 16,
} as const;

/** What a slide is drawn from: so many multiples of so many bytes. They fit between a module's address and where Linux puts programs. */
export const slideBits = 24;
export const slideUnit = 0x20_0000;

/**
 * How who serves places shows that it does: a lock on a file that is called as the mount point with `suffix`. Its range begins at
 * the second of the last sign of life (CLOCK_MONOTONIC) times `second`, and is as long as the number of the process, which is below
 * that (PID_MAX_LIMIT). A sign that is older than `patience`, seconds, is none.
 */
export const serving = { suffix: '.served', second: 0x80_0000, patience: 5 } as const;

export const launcherFlags = {
  /** It is the PT_INTERP of a copy of the program. */
  interpreter: 1,
  /** A range that is taken ends the start with an error. */
  endOnCollision: 2,
  /** It says whether it would be used, and starts nothing: ask-launcher.ts. No file has it. */
  onlyAsked: 4,
} as const;

/** The exit status of a launcher that is only asked; why it would hand over stands on its standard output. */
export const launcherAnswers = { runs: 0, handsOver: 3 } as const;

/** Which file it is: what identifies its content, as long as it stays where it is. */
const fileIdentity = {
  device: 'u64',
  inode: 'u64',
  size: 'u64',
  mtime_seconds: 'i64',
  ctime_seconds: 'i64',
  mtime_nanoseconds: 'u32',
  ctime_nanoseconds: 'u32',
} as const;

/** What identifies a file's content wherever it is: util/content-digest.ts. Zero: nothing does. */
export const contentDigestFields = {
  digest_0: 'u64',
  digest_1: 'u64',
  digest_2: 'u64',
  digest_3: 'u64',
} as const;

export const tables = {
  backings: structure(
    'plan_backing',
    'What the next steps map; see `backingKinds`. `path` as in `plan_file`.',
    {
      ...fileIdentity,
      directory: 'u32',
      path: 'u32',
      steps: 'u32',
      kind: 'u32',
    },
  ),
  steps: structure('plan_step', 'One change of the address space, in order.', {
    address: 'u64',
    length: 'u64',
    offset: 'u64',
    operation: 'u16',
    protection: 'u16',
    region: 'u32',
  }),
  regions: structure(
    'plan_region',
    'A range that moves as one; the first is plan and loader. With an alignment of 0 it stays; the heap is relative to the break.',
    { address: 'u64', length: 'u64', path: 'u32', alignment: 'u32' },
  ),
  prefaults: structure('plan_prefault', 'Pages that every start writes to (struct iovec).', {
    address: 'u64',
    length: 'u64',
  }),
  seals: structure('plan_seal', 'A range that loses PROT_WRITE after the process words are written.', {
    address: 'u64',
    length: 'u64',
    protection: 'u32',
    region: 'u32',
  }),
  fix_ranges: structure('plan_fix_range', 'Read-only memory with fix-ups: writable while they are applied.', {
    address: 'u64',
    length: 'u64',
    protection: 'u32',
    region: 'u32',
  }),
  actions: structure('plan_action', 'What a start does beside; see `actions`.', {
    value: 'u64',
    second_argument: 'u64',
    third_argument: 'u64',
    operation: 'u32',
    region: 'u32',
  }),
  files: structure(
    'plan_file',
    'A file that was read: it must be the same one. `path` is relative to `directory` where that is not empty. Where `mapped` is not 0 a backing asks.',
    {
      ...fileIdentity,
      directory: 'u32',
      path: 'u32',
      mapped: 'u32',
      reserved: 'u32',
    },
  ),
  links: structure('plan_link', 'A symbolic link on the way to the program: it must have the same text.', {
    path: 'u32',
    text: 'u32',
  }),
  paths: structure('plan_path', 'A path that was not there, or a directory; see `pathKinds`.', {
    path: 'u32',
    kind: 'u32',
  }),
  cached: structure('plan_cached', 'What the cache of ld.so has for a name: the same digest.', {
    digest: 'u64',
    name: 'u32',
    reserved: 'u32',
  }),
  variables: structure(
    'plan_variable',
    'A variable of linkers, NAME=VALUE: these are set, and no other one.',
    {
      text: 'u32',
      reserved: 'u32',
    },
  ),
  calls: structure('plan_call', 'A system call that must have the same result, and write nothing but zero.', {
    argument: 'u64',
    result: 'i64',
    number: 'u32',
    reserved: 'u32',
  }),
  auxiliary: structure('plan_auxiliary', 'An auxiliary vector value that must be the same.', {
    type: 'u64',
    value: 'u64',
  }),
  cpuid: structure('plan_cpuid', 'What the processor must answer, register by register.', {
    leaf: 'u32',
    subleaf: 'u32',
    eax: 'u32',
    ebx: 'u32',
    ecx: 'u32',
    edx: 'u32',
  }),
  words: structure('plan_word', 'A word that each process has for itself.', {
    address: 'u64',
    addend: 'i64',
    source: 'u32',
    width: 'u32',
    type: 'u32',
    region: 'u32',
  }),
} as const;

export type TableName = keyof typeof tables;

/** Fields that are strings: the offset of a zero-ended one from the plan's start. */
export const textFieldNames: ReadonlySet<string> = new Set(['path', 'directory', 'text', 'name']);

/** Scalars of the header; `…_path` and the like are offsets of zero-ended strings from the plan's start. */
export const headerFields = {
  magic: 'u64',
  version: 'u32',
  header_size: 'u32',
  checksum: 'u64',
  file_size: 'u64',
  tables_size: 'u64',
  head_size: 'u64',
  plan_address: 'u64',
  loader_address: 'u64',
  loader_offset: 'u64',
  loader_size: 'u64',
  handoff: 'u64',
  rax: 'u64',
  heap_offset: 'u64',
  heap_size: 'u64',
  code_start: 'u64',
  code_end: 'u64',
  data_start: 'u64',
  data_end: 'u64',
  /** Where the executable's memory ends, whole pages; relative to its load address where that may be chosen. */
  memory_end: 'u64',
  program_headers: 'u64',
  program_header_count: 'u64',
  linker_base: 'u64',
  entry: 'u64',
  xcr0: 'u64',
  /** The soft limit of the stack must not be below that, bytes; 0 where the linker did not ask for it. */
  least_stack_limit: 'u64',
  /** Groups of fix-ups, behind the memory: see docs/formats/image.md. */
  fixes_offset: 'u64',
  fixes_size: 'u64',
  fixes_checksum: 'u64',
  /** What the opener knows, between plan and loader: see `openedHead`. Nothing where no module is to be opened. */
  opened_size: 'u64',
  /** Digests of all files that the plan and the opener's table name, at the image's end: see `planDigest`. */
  digests_offset: 'u64',
  digests_size: 'u64',
  /** Rows of `regions` that addresses above lie in. */
  handoff_region: 'u32',
  rax_region: 'u32',
  executable_region: 'u32',
  linker_region: 'u32',
  /** 0 where there is no heap. */
  heap_region: 'u32',
  flags: 'u32',
  /** How many places `places_path` shows: processes of one group use the same one. 0: memory does not come from places. */
  place_count: 'u32',
  /** Folder of the places: file systems in which files at rest stand relocated. */
  places_path: 'u32',
  /** Resolved path: what /proc/self/exe shows, and what is executed when the loader hands over. */
  program_path: 'u32',
  /** The path as typed at bind: AT_EXECFN, and argv[0] where the launcher was called by its own name. */
  invocation_path: 'u32',
  interpreter_path: 'u32',
  command_name: 'u32',
  platform: 'u32',
  vdso_notes: 'u32',
  vdso_notes_size: 'u32',
  /** The cache of ld.so, one of `files`; empty where the linker read none. */
  cache_path: 'u32',
} as const satisfies Record<string, Fields[string]>;

/** Ends every launcher: whose it is, and what it does without an image. Its forms follow, then strings, whose offsets count from its start. */
export const launcherTrailer = structure('launcher', 'Follows the loader in a launcher.', {
  magic: 'u64',
  /** Of all that follows. */
  own_checksum: 'u64',
  version: 'u32',
  flags: 'u32',
  program_path: 'u32',
  interpreter_path: 'u32',
  invocation_path: 'u32',
  /** The launcher's own: by any other name it leaves argv[0] as it was typed. */
  own_name: 'u32',
  /** Bytes of the trailer with its forms and strings. */
  size: 'u32',
  forms_count: 'u32',
  /** Interpreter mode: bytes of the hole before the loader's own head, where a debugger believes the linker; linker-cover.ts. */
  covered: 'u32',
  /** Where breakpoints of a debugger would stand in it; 0: nowhere. */
  watched_function: 'u32',
  watched_probe: 'u32',
  /** The file in which a hand-over is counted; empty: in none. */
  count_path: 'u32',
});

/** One of the program's images: which file it is, how its head is mapped, and for which of the linker's variables it is. */
export const launcherForm = structure('launcher_form', 'An image that a launcher may start.', {
  /** The sum of the digests of the variables, modulo 2^64; 0 where none is set. It only finds the form: the plan has the texts. */
  variables: 'u64',
  ...fileIdentity,
  plan_address: 'u64',
  tables_size: 'u64',
  /** Bytes of the image's head that are mapped at `plan_address` by one call: plan, loader, and memory. */
  head_size: 'u64',
  /** The plan's. */
  checksum: 'u64',
  /** Of the image's content. */
  ...contentDigestFields,
  path: 'u32',
  reserved: 'u32',
});

/**
 * A row for each file, in the order of `files`, `backings`, and the opener's modules and files. Before them one for the image itself: that
 * one is zero here, and in the launcher's form. Zero are also rows whose content nobody compares.
 */
export const planDigest = structure(
  'plan_digest',
  'The content of a file that was read or is mapped.',
  contentDigestFields,
);

/**
 * What linkonce-settle writes: which files a mount shows in the place of those of the bind, and with the same content. Rows as of
 * `planDigest`; one with the inode 0 says nothing.
 */
export const settledHead = structure('settled_head', 'The head of a file of settled identities.', {
  magic: 'u64',
  /** The plan's. */
  checksum: 'u64',
  version: 'u32',
  rows_count: 'u32',
});
export const settledFile = structure('settled_file', 'A file as this mount shows it.', fileIdentity);
export const settledVersion = 1;
/** Where these files are: the plan's checksum in 16 hexadecimal digits, a dot, and the user whose the file is. It may be a tmpfs. */
export const settledFolder = '/run/linkonce';

/**
 * What the opener knows (native/opener.c): it stands between plan and loader. Offsets count from its head; addresses are those of a
 * process, and all rows of one table.
 */
export const openedHead = structure(
  'opened_head',
  'What a process of the program knows of the modules that it opens.',
  {
    /** Of all that follows, up to the end of the relocation tables. Whoever reads the image looks at it, no start does. */
    checksum: 'u64',
    /** `_r_debug` of ld.so. */
    debug: 'u64',
    /** Where the plan is. */
    plan: 'u64',
    /** So many link maps every process begins with. */
    first_maps: 'u32',
    /** The user whose the image is. */
    owner: 'u32',
    modules_offset: 'u32',
    modules_count: 'u32',
    files_offset: 'u32',
    files_count: 'u32',
    pieces_offset: 'u32',
    pieces_count: 'u32',
    edits_offset: 'u32',
    edits_count: 'u32',
    /** Where rows and strings end, and the tables of relocations begin that ld.so reads. */
    relocations_offset: 'u32',
    /** By which system call this linker asks for a file's status: a program may have a filter that knows no other. */
    status_call: 'u32',
  },
);
export const openedTables = {
  modules: structure('opened_module', 'A module that comes to its range when it is opened. By address.', {
    ...fileIdentity,
    /** Its first page, and bytes from there to its last, whole pages. */
    address: 'u64',
    length: 'u64',
    load_bias: 'u64',
    /** Of its dynamic section. */
    dynamic: 'u64',
    /** Bytes that ld.so reserves first, where the segments want more than the alignment of pages; else 0. */
    reserved_length: 'u64',
    /** A word that has one of `openedStates`; 0 where it has no pages of ours. */
    applied: 'u64',
    first_piece: 'u32',
    pieces_count: 'u32',
    first_edit: 'u32',
    edits_count: 'u32',
    path: 'u32',
    /** Bytes of its tables of relocations. */
    relocations_size: 'u32',
  }),
  files: structure('opened_file', 'What pieces are mapped from. The image itself has no inode here.', {
    ...fileIdentity,
    path: 'u32',
    reserved: 'u32',
  }),
  pieces: structure('opened_piece', 'Pages of a writable segment, relocated.', {
    address: 'u64',
    length: 'u64',
    offset: 'u64',
    file: 'u32',
    reserved: 'u32',
  }),
  edits: structure(
    'opened_edit',
    'What a word has where the module is not prepared, once ld.so has read the dynamic section.',
    {
      address: 'u64',
      value: 'u64',
    },
  ),
} as const;

/** What a launcher's hand-overs are counted in: docs/formats/count.md. The words of the last reason follow, zero-ended. */
export const handOverCount = structure(
  'hand_over_count',
  'The head of a file in which hand-overs are counted.',
  {
    magic: 'u64',
    count: 'u64',
    /** When the last one was (CLOCK_REALTIME); 0 where that was not asked, under a filter of system calls. */
    seconds: 'i64',
    nanoseconds: 'u32',
    version: 'u32',
  },
);
export const countVersion = 1;
/** Bytes of such a file, exactly. */
export const countFileSize = 256;

/** The header: scalars, then offset and count of each table. */
export const planHeader = structure('plan', 'The head of an image file.', {
  ...headerFields,
  ...(Object.fromEntries(
    Object.keys(tables).flatMap((name) => [
      [`${name}_offset`, 'u32'],
      [`${name}_count`, 'u32'],
    ]),
  ) as Record<`${TableName}_offset` | `${TableName}_count`, 'u32'>),
});
