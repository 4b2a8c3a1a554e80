/** `linkonce store …`: many programs of one machine, or of one user. */
import path from 'node:path';
import type { Command } from 'commander';
import type { Audience } from '../program/audience.ts';
import type { StoredProgram, StoreSettings } from '../store/catalogue.ts';
import type { StoreContext } from '../store/lock.ts';
import type { ProgramFailure } from '../store/wishes.ts';
import type { OpenedOptions } from './opened-options.ts';
import { addOpenedOptions, learnSecondsOption, openedChoice, withOption } from './opened-options.ts';
import { audience, linkerVariable, slideTime, wholeNumber, windowBits } from './options.ts';
import { withProgress } from './progress.ts';
import { rootOption } from './root-option.ts';
import { withEnd } from './stopping.ts';
import { chooseSystem } from './system-choice.ts';
import { tablesOption } from './tables-option.ts';

interface CommonOptions {
  readonly store?: string;
}

interface WorkOptions extends CommonOptions {
  readonly wait?: number;
}

interface AddOptions extends WorkOptions, OpenedOptions {
  readonly system?: string;
  readonly window?: number;
  readonly base?: readonly number[];
  readonly slide?: 'store' | 'boot';
  readonly gap?: number;
  readonly readers?: Audience;
  readonly asInterpreter?: boolean;
  readonly env?: readonly string[];
}

export function registerStore(program: Command): void {
  const store = program
    .command('store')
    .summary('keep many programs bound, and sharing')
    .description(
      'Keep programs bound in one store, where they share modules and relocated pages. Put its bin folder first in PATH.',
    );
  registerAdd(store);
  registerLearn(store);
  registerRest(store);
}

const storeOption = [
  '--store <dir>',
  'the store (default: /var/lib/linkonce, or $XDG_DATA_HOME/linkonce for a user)',
] as const;

/** Of the commands that no other command may disturb. */
const waitOption = [
  '--wait <seconds>',
  'give up when another command works on the store for longer (default: wait for its end)',
  wholeNumber,
] as const;

function registerAdd(store: Command): void {
  const command = store
    .command('add')
    .summary('bind programs into the store')
    .argument('<program...>', 'names or paths of ELF programs, or of scripts that start them')
    .option(...storeOption)
    .option(...rootOption)
    .option(...waitOption)
    .option('-s, --system <id[:variant]>', 'system of a new store (default: image:data)')
    .option('--window <bits>', 'bits of the space for module addresses (default: 40)', windowBits)
    .option(...tablesOption)
    .option('--slide <when>', 'when the addresses are drawn anew: store (by `reslide`) or boot', slideTime)
    .option(
      '--readers <who>',
      'who may read files that say addresses: everybody, owner, or a group; others start through ld.so (default: everybody in a store of root, else owner)',
      audience,
    )
    .option('--gap <pages>', 'equal pages that are stored again to save a mapping (default: 4)', wholeNumber)
    .option(
      '--as-interpreter',
      'copies of the programs whose PT_INTERP is the loader, for programs that read /proc/self/exe',
    )
    .option(
      '--env <name=value>',
      'a form for starts with this variable of the linker; may be repeated, all of them are one form (default: none, and what is set here)',
      linkerVariable,
    );
  addOpenedOptions(command).action(
    async (names: readonly string[], options: AddOptions, command: Command) => {
      const { addPrograms } = await import('../store/store.ts');
      const { describeAdded } = await import('./store-text.ts');
      const settings = await settingsOf(options, command);
      const begun = performance.now();
      const { asInterpreter = false, env } = options;
      const request = {
        ...{ typed: names, asInterpreter, opened: openedChoice(options), guard: withEnd },
        ...(env && { variables: [...env].sort() }),
      };
      const { added, failures, notes } = await inStore(options, (context) =>
        addPrograms(context, request, settings),
      );
      process.stdout.write(describeAdded(added, notes, performance.now() - begun));
      await sayObstacles(options, added);
      report(failures);
    },
  );
}

interface LearnOptions extends WorkOptions, Omit<OpenedOptions, 'learn'> {
  readonly forget?: boolean;
}

function registerLearn(store: Command): void {
  store
    .command('learn')
    .summary('prepare modules that a program of the store opens')
    .description(
      'Run a program of the store once with these arguments, and prepare the modules that it opens then, beside those that are ' +
        'known. With --with it is not run, if no arguments are given.',
    )
    .argument('<program>', 'a name as `store list` shows it')
    .argument('[args...]', "the program's arguments")
    .option(...storeOption)
    .option(...rootOption)
    .option(...waitOption)
    .option(...learnSecondsOption)
    .option(...withOption)
    .option('--forget', 'forget what it opens, and prepare nothing')
    .passThroughOptions()
    .action(async (name: string, args: readonly string[], options: LearnOptions, command: Command) => {
      const { forget = false, with: named = [] } = options;
      if (forget && (named.length > 0 || args.length > 0))
        command.error('--forget is for all that it opens: it goes with no arguments and no --with');
      const runs = named.length > 0 && args.length === 0 ? [] : [args];
      const opened = forget ? ('forget' as const) : { runs, seconds: options.learnSeconds, named };
      const { learnProgram } = await import('../store/learn.ts');
      const { describeLearnt } = await import('./store-text.ts');
      const begun = performance.now();
      const learnt = await inStore(options, (context) =>
        learnProgram(context, { name, opened, guard: withEnd }),
      );
      process.stdout.write(describeLearnt(name, learnt, performance.now() - begun));
      await sayObstacles(options, learnt.bound);
      report(learnt.failures);
    });
}

async function settingsOf(options: AddOptions, command: Command): Promise<Partial<StoreSettings>> {
  const { system, window, base, slide, gap, readers } = options;
  const choice = system === undefined ? undefined : await chooseStoreSystem(system, command);
  return {
    ...(choice ?? {}),
    ...(window === undefined ? {} : { window }),
    ...(base === undefined ? {} : { bases: base }),
    ...(slide === undefined ? {} : { slide }),
    ...(gap === undefined ? {} : { gap }),
    ...(readers === undefined ? {} : { readers }),
  };
}

/** Without a variant, the first whose programs share files, which is what a store is for. */
async function chooseStoreSystem(
  text: string,
  command: Command,
): Promise<{ readonly system: string; readonly variant: string }> {
  const { system, variant } = await chooseSystem(text, command);
  const able = system.variants.filter(({ arrangement }) => arrangement !== undefined);
  const first = able.find(({ arrangement }) => arrangement?.files !== 'program');
  if (first === undefined) return command.error(`${system.id} has nothing to keep in a store`);
  if (!text.includes(':')) return { system: system.id, variant: first.id };
  return { system: system.id, variant };
}

function registerRest(store: Command): void {
  const reader = (name: string, summary: string): Command =>
    store
      .command(name)
      .summary(summary)
      .option(...storeOption);
  const add = (name: string, summary: string): Command =>
    reader(name, summary)
      .option(...rootOption)
      .option(...waitOption);

  reader('list', 'show programs, sizes, and what they share')
    .option(...rootOption)
    .option('--json', 'print JSON')
    .option('--long', 'show also why modules that programs open are not prepared')
    .action(async (options: CommonOptions & { json?: boolean; long?: boolean }) => {
      const { listStore } = await import('../store/list.ts');
      const { describeList } = await import('./store-text.ts');
      const listing = await listStore(storeOf(options, await import('../store/folder.ts')));
      process.stdout.write(
        options.json ? `${JSON.stringify(listing, null, 2)}\n` : describeList(listing, options.long),
      );
    });
  reader('processes', 'show running processes that an update left behind')
    .description(
      'Show running processes of the store that are of an older generation, or whose program or modules changed since they ' +
        'were bound, and what changed: root sees all, anyone else their own. Ends with 1 where files of one changed, else with 0.',
    )
    .option('--json', 'print JSON')
    .option('--all', 'show also processes that are as the store would start them')
    .action(async (options: CommonOptions & { json?: boolean; all?: boolean }) => {
      const { listProcesses } = await import('../pages/store-processes.ts');
      const { describeProcesses } = await import('./processes-text.ts');
      const store = storeOf(options, await import('../store/folder.ts'));
      const report = listProcesses(store, options.all ?? false);
      process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : describeProcesses(report));
      if (report.processes.some(({ changed = [] }) => changed.length > 0)) process.exitCode = 1;
    });
  add('verify', 'read everything back and compare it with the modules').action(
    async (options: WorkOptions) => {
      const { verifyStore } = await import('../store/verify.ts');
      const { describeVerified } = await import('./store-text.ts');
      const verified = await inStore(options, verifyStore);
      process.stdout.write(describeVerified(verified));
      if (verified.faults.length > 0) process.exitCode = 1;
    },
  );
  add('update', 'bring programs up to date whose modules changed').action(async (options: WorkOptions) => {
    const { updateStore } = await import('../store/store.ts');
    const { describeUpdate } = await import('./store-text.ts');
    const begun = performance.now();
    const updated = await inStore(options, updateStore);
    process.stdout.write(describeUpdate(updated, performance.now() - begun));
    await sayObstacles(options, updated.catalogue.programs);
    report(updated.failures);
  });
  add('remove', 'take programs out of the store')
    .argument('<program...>', 'names as `store list` shows them')
    .action(async (names: readonly string[], options: WorkOptions) => {
      const { removePrograms } = await import('../store/store.ts');
      await inStore(options, (context) => removePrograms(context, names));
    });
  add('gc', 'remove what no program of the store needs').action(async (options: WorkOptions) => {
    const { collectStore } = await import('../store/store.ts');
    const removed = await inStore(options, collectStore);
    const kb = removed.reduce((sum, each) => sum + each.kb, 0);
    process.stdout.write(`${String(removed.length)} files removed, ${kb.toFixed(0)} kB\n`);
  });
  add('reslide', 'give all modules new random addresses').action(async (options: WorkOptions) => {
    const { reslideStore } = await import('../store/store.ts');
    const count = await inStore(options, reslideStore);
    process.stdout.write(`${String(count)} programs at new addresses\n`);
  });
  add('undo', 'remove the whole store').action(async (options: WorkOptions) => {
    const { undoStore } = await import('../store/store.ts');
    const left = await inStore(options, undoStore);
    sayLeft(left);
  });
  add('move', 'put the store elsewhere')
    .argument('<dir>', 'its new folder; empty or not there')
    .action(async (target: string, options: WorkOptions) => {
      const { moveStore } = await import('../store/move.ts');
      const { count, left } = await inStore(options, (context) => moveStore(context, path.resolve(target)));
      process.stdout.write(`${path.resolve(target)}: ${String(count)} programs\n`);
      sayLeft(left);
    });
  add('export', 'write the same programs as a store of its own')
    .argument('<dir>', 'folder of the new store; empty or not there')
    .action(async (target: string, options: WorkOptions) => {
      const { exportStore } = await import('../store/store.ts');
      const count = await inStore(options, (context) => exportStore(context, path.resolve(target)));
      process.stdout.write(`${path.resolve(target)}: ${String(count)} programs\n`);
    });
}

function sayLeft(names: readonly string[]): void {
  if (names.length > 0) process.stdout.write(`not the store's own, and left alone: ${names.join(', ')}\n`);
}

function storeOf(
  { store }: CommonOptions,
  { defaultStore }: { readonly defaultStore: () => string },
): string {
  return store === undefined ? defaultStore() : path.resolve(store);
}

async function inStore<T>(options: WorkOptions, work: (context: StoreContext) => Promise<T>): Promise<T> {
  const store = storeOf(options, await import('../store/folder.ts'));
  const { wait: seconds } = options;
  // Who sets a limit may stand at no terminal: a hook, a unit.
  const patience = seconds === undefined ? undefined : { seconds, say: complain };
  return withProgress((onProgress) => work({ store, onProgress, patience }));
}

function complain(line: string): void {
  process.stderr.write(`linkonce: ${line}\n`);
}

/** Programs that could not be bound say so themselves. */
async function sayObstacles(options: CommonOptions, programs: readonly StoredProgram[]): Promise<void> {
  const { describeObstacles } = await import('./obstacles.ts');
  const folder = await import('../store/folder.ts');
  const bin = path.join(storeOf(options, folder), folder.names.bin);
  const bound = programs.filter(({ failed }) => failed === undefined);
  const bins = [...new Set(bound.map(({ name }) => name))];
  const lines = await describeObstacles(bins.map((name) => ({ name, file: path.join(bin, name) })));
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function report(failures: readonly Pick<ProgramFailure, 'error'>[]): void {
  // Forms of one program may fail alike.
  for (const message of new Set(failures.map(({ error }) => error.message))) complain(message);
  if (failures.length > 0) process.exitCode = 1;
}
