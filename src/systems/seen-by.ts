/** What tools that look at processes find in a bound one. The words stand here once; which of them holds a variant states. */

export const tools = [
  'perf',
  'uprobes',
  'gdb',
  'core files',
  'eu-stack',
  'valgrind',
  'needrestart',
  'checkrestart',
] as const;
/** `uprobes`: of bpftrace and perf probe, set in a module's own file. `gdb`: attached, and starting a launcher. */
export type Tool = (typeof tools)[number];

export const sights = {
  all: 'as under ld.so',
  handedOver: 'checks the program under ld.so',
  trapped: 'shows all, and stops at each call between modules (handle SIGILL nostop)',
  ownFiles: 'names functions, in files of linkonce',
  innermost: 'names the function that runs, not its callers',
  afterBind: 'sees that files of linkonce are old, once the program is bound again',
  nothing: 'sees nothing',
} as const;
export type Sight = keyof typeof sights;

export type SeenBy = Readonly<Record<Tool, Sight>>;

/** Tools that see less than they would under ld.so. */
export function toolsWithLess(seenBy: SeenBy): readonly Tool[] {
  return tools.filter((tool) => !['all', 'handedOver'].includes(seenBy[tool]));
}

/** For people: `uprobes: sees nothing; all others: as under ld.so`. */
export function describeSeenBy(seenBy: SeenBy): string {
  const toolsWith = (sight: Sight): string => tools.filter((tool) => seenBy[tool] === sight).join(', ');
  const kinds = [...new Set(tools.map((tool) => seenBy[tool]))].filter((sight) => sight !== 'all');
  const differing = kinds.map((sight) => `${toolsWith(sight)}: ${sights[sight]}`);
  const rest = kinds.length === 0 ? 'every tool' : 'all others';
  return [...differing, `${rest}: ${sights.all}`].join('; ');
}
