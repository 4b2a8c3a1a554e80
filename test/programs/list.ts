/**
 * The test programs: small real ones, each for one behaviour that a restored process must share with one of the
 * platform's linker. `build.ts` compiles them. Those that are about opened modules are in `list-opened.ts`.
 *
 * A program's source is `NAME.c` (or `.cc`), or a folder NAME with `main.c`, its libraries `lib*.c` and its plug-ins.
 */

export interface Recipe {
  readonly name: string;
  /** Source, where it is not the name's. */
  readonly source?: string;
  readonly libc: 'glibc' | 'musl';
  /** Flags to compile and link the program with. */
  readonly flags?: readonly string[];
  /** Linked to the program, in this order. */
  readonly libraries?: readonly Library[];
  /** Built beside the program, in this order; what opens them gets their paths as arguments. */
  readonly plugins?: readonly (string | Library)[];
  readonly runs?: readonly Run[];
}

export interface Library {
  readonly name: string;
  /** Source, where it is not the name's. */
  readonly source?: string;
  readonly flags?: readonly string[];
  /** The program is linked to the library as these flags make it, and finds it without them. */
  readonly linkFlags?: readonly string[];
  /** Those before it in the list that it is linked to. */
  readonly uses?: readonly string[];
  /** Folder below the program's; a file there whose name is not `lib…` is not found by chance. */
  readonly folder?: string;
}

/** One invocation. In `args` a plug-in's path is given by its name, alone or behind an `@`. */
export interface Run {
  readonly args?: readonly string[];
  readonly input?: string;
  /** Variables that it has beside the usual ones. */
  readonly env?: Readonly<Record<string, string>>;
}

const pthread = ['-pthread'];
const dynamic = ['-rdynamic'];
/** One calls through PLT slots, the other through GOT slots. */
const identityLibraries = [{ name: 'libone' }, { name: 'libother', uses: ['libone'], flags: ['-fno-plt'] }];
/** Segments 64 KiB apart, as for machines with such pages. */
const largePages = '-Wl,-z,max-page-size=65536';
const noPie = ['-fno-pie', '-no-pie'];

const glibc: readonly Omit<Recipe, 'libc'>[] = [
  { name: 'threads', flags: pthread },
  { name: 'fork' },
  { name: 'vfork-exec' },
  { name: 'posix-spawn' },
  { name: 'signals' },
  { name: 'exceptions', flags: pthread, libraries: [{ name: 'libfailure' }] },
  {
    name: 'exceptions-apart',
    source: 'exceptions',
    flags: [...pthread, largePages],
    libraries: [{ name: 'libfailure', flags: [largePages] }],
  },
  {
    name: 'plugin',
    flags: dynamic,
    plugins: ['plugin-good', 'plugin-undefined'],
    runs: [{ args: ['plugin-good', 'plugin-undefined'] }],
  },
  { name: 'dlmopen', plugins: ['plugin-count'], runs: [{ args: ['plugin-count'] }] },
  { name: 'iconv' },
  { name: 'nss' },
  { name: 'dl-iterate-phdr', flags: ['-lm', '-fno-builtin'] },
  { name: 'link-map' },
  {
    name: 'tls-models',
    flags: pthread,
    libraries: [{ name: 'libinitial' }, { name: 'libglobal' }, { name: 'liblocal' }],
    plugins: ['plugin-tls'],
    runs: [{ args: ['plugin-tls'] }],
  },
  { name: 'ifunc', libraries: [{ name: 'libchoice' }] },
  { name: 'ifunc-no-pie', source: 'ifunc', flags: noPie, libraries: [{ name: 'libchoice' }] },
  { name: 'late-choice', flags: ['-Wl,-z,lazy'], libraries: [{ name: 'liblate', flags: ['-Wl,-z,lazy'] }] },
  { name: 'packed', libraries: [{ name: 'libpacked' }] },
  { name: 'copy-relocation', flags: noPie, libraries: [{ name: 'libdata' }] },
  {
    name: 'constructors',
    libraries: [
      { name: 'libbase' },
      { name: 'libupper', flags: ['-Wl,-init,_init_upper'], uses: ['libbase'] },
    ],
    runs: [{ args: ['one', 'last'] }],
  },
  { name: 'identity', runs: [{ args: ['one', 'two words', ''] }] },
  { name: 'identity-no-pie', source: 'identity', flags: noPie, runs: [{ args: ['one'] }] },
  { name: 'locale' },
  { name: 'stack', flags: pthread },
  { name: 'heap' },
  { name: 'function-pointers', flags: dynamic, libraries: [{ name: 'libpointers' }] },
  {
    name: 'function-pointers-no-pie',
    source: 'function-pointers',
    flags: [...noPie, ...dynamic],
    libraries: [{ name: 'libpointers' }],
  },
  { name: 'function-identity', libraries: identityLibraries },
  {
    name: 'function-identity-no-pie',
    source: 'function-identity',
    flags: noPie,
    libraries: identityLibraries,
  },
  {
    name: 'protected',
    flags: dynamic,
    libraries: [{ name: 'libprotected' }, { name: 'libsymbolic', flags: ['-Wl,-Bsymbolic'] }],
  },
  { name: 'weak', flags: dynamic, libraries: [{ name: 'libweak' }] },
  {
    name: 'versions',
    libraries: [
      { name: 'libversions', flags: ['-Wl,--version-script=libversions.map'] },
      { name: 'libolduser', uses: ['libversions'] },
    ],
  },
  { name: 'interpose', flags: ['-fno-builtin'], libraries: [{ name: 'libwrap' }] },
  { name: 'unique', libraries: [{ name: 'libleft' }, { name: 'libright' }] },
  {
    name: 'search-path',
    flags: ['-Wl,-rpath,$ORIGIN/first:$ORIGIN/second'],
    libraries: [{ name: 'liborder', folder: 'second', flags: ['-DWHO="second"'] }],
  },
  {
    name: 'search-path-no-pie',
    source: 'search-path',
    flags: [...noPie, '-Wl,-rpath,$ORIGIN/first:$ORIGIN/second'],
    libraries: [{ name: 'liborder', folder: 'second', flags: ['-DWHO="second"'] }],
  },
  {
    name: 'missing-symbol',
    flags: ['-Wl,-z,lazy'],
    libraries: [{ name: 'libpartial', linkFlags: ['-DCOMPLETE'] }],
    runs: [{}, { args: ['call'] }],
  },
  { name: 'static-tls', flags: pthread, libraries: [{ name: 'libbig' }] },
  { name: 'protections' },
  { name: 'protections-now', source: 'protections', flags: ['-Wl,-z,now'] },
  { name: 'protections-lazy', source: 'protections', flags: ['-Wl,-z,lazy'] },
  { name: 'title', runs: [{ args: ['one', 'two'] }] },
  {
    name: 'exit',
    runs: ['return', 'exit', 'quick', '_exit', 'abort', 'signal'].map((how) => ({ args: [how] })),
  },
  { name: 'math', flags: ['-lm', '-fno-builtin'] },
  { name: 'randomness' },
  { name: 'registrations', flags: pthread },
  { name: 'cancel', flags: pthread },
  { name: 'vdso' },
  { name: 'thread-local-destructors', flags: pthread },
  { name: 'iostream' },
  { name: 'bss' },
  { name: 'pointer-table' },
  { name: 'pointer-table-relr', source: 'pointer-table', flags: ['-Wl,-z,pack-relative-relocs'] },
  { name: 'pointer-table-one-segment', source: 'pointer-table', flags: ['-Wl,-z,noseparate-code'] },
  { name: 'pointer-table-sysv-hash', source: 'pointer-table', flags: ['-Wl,--hash-style=sysv'] },
  { name: 'pointer-table-no-relro', source: 'pointer-table', flags: ['-Wl,-z,norelro'] },
  { name: 'pointer-table-huge-pages', source: 'pointer-table', flags: ['-Wl,-z,max-page-size=0x200000'] },
  { name: 'text-relocation', flags: ['-Wl,-z,notext'] },
  { name: 'executable-stack', flags: ['-Wl,-z,execstack'] },
  { name: 'copy-input', runs: [{ input: 'one line\nand one without an end' }] },
];

/** What musl has and means the same. */
const onMusl = new Set([
  ...['threads', 'fork', 'vfork-exec', 'posix-spawn', 'signals', 'plugin', 'iconv', 'nss', 'dl-iterate-phdr'],
  ...['tls-models', 'copy-relocation', 'identity', 'identity-no-pie', 'locale', 'stack', 'heap'],
  ...[
    'function-pointers',
    'function-pointers-no-pie',
    'function-identity',
    'protected',
    'weak',
    'interpose',
    'search-path',
    'static-tls',
  ],
  ...['title', 'exit', 'math', 'vdso', 'bss', 'pointer-table', 'copy-input'],
]);

/** Those that each system is tested with. */
export const recipes: readonly Recipe[] = [
  ...glibc.map((recipe) => ({ ...recipe, libc: 'glibc' as const })),
  ...glibc
    .filter((recipe) => onMusl.has(recipe.name))
    .map((recipe) => ({
      ...recipe,
      source: recipe.source ?? recipe.name,
      name: `musl-${recipe.name}`,
      libc: 'musl' as const,
    })),
];
