/**
 * The command line. Exit status: 0 well, 1 a failure that a person can mend (one line), 2 wrong usage, 70 a bug (with its
 * stack).
 */
import { CommanderError } from 'commander';
import { LinkonceError } from '../util/errors.ts';
import { printableLine } from '../util/printable.ts';
import { describeSystemError, isSystemError } from '../util/system-errors.ts';
import { guard } from '../util/terminal.ts';
import { createProgram } from './program.ts';

const exitStatus = { failure: 1, usage: 2, bug: 70 };

/** Tells a person what went wrong, and returns the exit status. */
function report(error: unknown): number {
  // Commander has printed its message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitStatus.usage;
  if (error instanceof LinkonceError) {
    process.stderr.write(`linkonce: ${printableLine(error.message)}\n`);
    return exitStatus.failure;
  }
  if (isSystemError(error) && mendable.has(error.code ?? '')) {
    process.stderr.write(`linkonce: ${printableLine(describeSystemError(error))}\n`);
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
  'EBUSY',
  'ELOOP',
  'ENOTDIR',
  'ENAMETOOLONG',
]);

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

guard(process.stdout);
guard(process.stderr);

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
