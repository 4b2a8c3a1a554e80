/**
 * The kinds of failure that a person can cause or mend. Each message is one line that names what is wrong with what;
 * the command line prints it after `linkonce: ` and exits with status 1. Anything else that is thrown is a bug and
 * keeps its stack.
 */
export class LinkonceError extends Error {
  override readonly name: string = 'LinkonceError';
}

/** A file that is no ELF file that linkonce can read: names file, table and offset. */
export class ElfError extends LinkonceError {
  override readonly name = 'ElfError';
  readonly path: string;
  /** The table or field at fault, by its name in the ELF specification. */
  readonly where: string;
  /** Byte offset in the file where the fault was found; absent where the fault has no single place. */
  readonly offset: number | undefined;
  readonly problem: string;

  constructor(path: string, where: string, offset: number | undefined, problem: string) {
    super(
      `${path}: ${where}${offset === undefined ? '' : ` at offset 0x${offset.toString(16)}`}: ${problem}`,
    );
    this.path = path;
    this.where = where;
    this.offset = offset;
    this.problem = problem;
  }
}

/** A program that a system cannot serve, and why: no failure of linkonce, and shown as `refused`. */
export class Refusal extends LinkonceError {
  override readonly name: string = 'Refusal';
}

/**
 * The same error with the program's name: who finds a fault in the linker's work, or in a table, does not know whose it is. Where
 * a program's failure is handed to a person, it goes through here.
 */
export function named<E>(error: E, program: string): E | Refusal {
  if (!(error instanceof Refusal) || error.message.includes(program)) return error;
  return new Refusal(`${program}: ${error.message}`);
}
