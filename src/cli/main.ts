/**
 * The command line. Each command has a file here; heavy modules are imported inside its action, so that `--help` and
 * `--version` answer at once. Exit status: 0 well, 1 a failure that a person can mend (one line), 2 wrong usage,
 * 70 a bug (with its stack).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { LinkonceError } from '../util/errors.ts';
import { packageRoot } from '../util/native.ts';
import { registerBind } from './bind.ts';
import { registerCalls } from './calls.ts';
import { registerCompare } from './compare.ts';
import { registerDoctor } from './doctor.ts';
import { registerExplain } from './explain.ts';
import { registerInspect } from './inspect.ts';
import { registerPagein } from './pagein.ts';
import { registerPages } from './pages.ts';
import { registerRun } from './run.ts';
import { registerScale } from './scale.ts';
import { registerStore } from './store.ts';
import { registerSynthetic } from './synthetic.ts';
import { registerSystems } from './systems.ts';

const exitStatus = { failure: 1, usage: 2, bug: 70 };

function createProgram(): Command {
  const program = new Command('linkonce')
    .description(
      'Relocate once, share everywhere: starts ordinary ELF programs without the work of the dynamic linker.',
    )
    .version(version(), '-V, --version', 'print the version')
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
  for (const register of [registerCompare, registerBind, registerRun, registerStore]) register(program);
  for (const register of [registerPagein, registerCalls, registerScale, registerSynthetic]) register(program);
  for (const register of [registerInspect, registerExplain, registerPages, registerSystems, registerDoctor])
    register(program);
  return program;
}

function version(): string {
  const text = readFileSync(path.join(packageRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Tells a person what went wrong, and returns the exit status. */
function report(error: unknown): number {
  // Commander has printed its message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitStatus.usage;
  if (error instanceof LinkonceError) {
    process.stderr.write(`linkonce: ${error.message}\n`);
    return exitStatus.failure;
  }
  if (isMendable(error)) {
    process.stderr.write(`linkonce: ${error.message}\n`);
    return exitStatus.failure;
  }
  process.stderr.write(`linkonce: this is a bug of linkonce\n${stackOf(error)}\n`);
  return exitStatus.bug;
}

/** What the system refuses for reasons outside of linkonce: rights, a full disk, limits. */
const mendable = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EIO',
  'ETXTBSY',
]);

function isMendable(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && mendable.has(error.code)
  );
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A reader that went away (`linkonce explain … | head`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
