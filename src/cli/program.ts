/**
 * The commands as commander knows them: for the command line itself, and for what is made of it: the man page and completions.
 * Each command has a file here; heavy modules are imported inside its action, so that `--help` and `--version` answer at
 * once.
 */
import { Command } from 'commander';
import { packageVersion } from '../util/native.ts';
import { registerBind } from './bind.ts';
import { registerCalls } from './calls.ts';
import { registerCompare } from './compare.ts';
import { registerCompletion } from './completion.ts';
import { registerDoctor } from './doctor.ts';
import { takeEarlyOptions } from './early-options.ts';
import { registerExplain } from './explain.ts';
import { registerInspect } from './inspect.ts';
import { registerMan } from './man.ts';
import { registerModel } from './model.ts';
import { registerPagein } from './pagein.ts';
import { registerPhases } from './phases.ts';
import { registerPages } from './pages.ts';
import { registerReport } from './report.ts';
import { hearRoot } from './root-option.ts';
import { registerRun } from './run.ts';
import { registerScale } from './scale.ts';
import { registerStore } from './store.ts';
import { registerSynthetic } from './synthetic.ts';
import { registerSystems } from './systems.ts';
import { registerWhy } from './why.ts';

/** A new tree of commands; nothing is parsed yet. Wrong usage throws CommanderError. */
export function createProgram(): Command {
  const program = new Command('linkonce')
    .description(
      'Relocate once, share everywhere: starts ordinary ELF programs without the work of the dynamic linker.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^(error: )?/, 'linkonce: '));
      },
    })
    .exitOverride();
  for (const register of [
    registerCompare,
    registerReport,
    registerBind,
    registerRun,
    registerStore,
    registerWhy,
  ])
    register(program);
  for (const register of [
    registerPagein,
    registerPhases,
    registerCalls,
    registerScale,
    registerModel,
    registerSynthetic,
  ])
    register(program);
  for (const register of [registerInspect, registerExplain, registerPages, registerSystems, registerDoctor])
    register(program);
  registerCompletion(program);
  registerMan(program);
  for (const command of program.commands) takeEarlyOptions(command);
  hearRoot(program);
  return program;
}
