/**
 * A program of which a store has several forms, each for one set of the linker's variables, has a launcher for each, and one more that
 * people start: it has all the forms, and picks (native/check.h). A form that could not be bound again is none of them.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { interpreterCopy } from '../image/interpreter-copy.ts';
import { writeWhole } from '../image/assemble-file.ts';
import type { Launcher } from '../image/launcher-file.ts';
import { encodeLauncher, requireLauncher } from '../image/launcher-file.ts';
import { copyFor, executableBy, executorsOf, readersOf } from '../program/audience.ts';
import { freshName } from '../ranges/place-programs.ts';
import { at } from '../util/present.ts';
import type { Catalogue, JoinedLauncher, StoredProgram, StoreSettings } from './catalogue.ts';
import { names } from './folder.ts';

/** The catalogue with a joined launcher for each name that has several forms; those that are there and the same stay. */
export function withJoinedLaunchers(store: string, catalogue: Catalogue): Catalogue {
  const files = path.join(store, names.files);
  const isKept = ({ launcher, loader = launcher }: JoinedLauncher): boolean =>
    [launcher, loader].every((file) => existsSync(path.join(files, file)));
  const before = new Map(catalogue.launchers.filter(isKept).map((each) => [each.forms.join(), each]));
  const launchers = formsByName(catalogue).map(
    (forms) =>
      before.get(forms.map(({ launcher }) => launcher).join()) ??
      writeJoined(files, forms, catalogue.settings),
  );
  return { ...catalogue, launchers };
}

/** The programs with several forms. */
export function formsByName({ programs }: Catalogue): StoredProgram[][] {
  const usable = programs.filter(({ launcher, failed }) => launcher !== '' && failed === undefined);
  const groups = new Map<string, StoredProgram[]>();
  for (const program of usable) groups.set(program.name, [...(groups.get(program.name) ?? []), program]);
  return [...groups.values()].filter((forms) => forms.length > 1);
}

/** What the files of a joined launcher hold: of an interpreter the loader first. */
export function joinedFiles(files: string, forms: readonly StoredProgram[], loaderFile?: string): Buffer[] {
  const launcher = joined(files, forms);
  const bytes = encodeLauncher(launcher);
  if (loaderFile === undefined) return [bytes];
  return [bytes, interpreterCopy(launcher.texts.program_path, loaderFile)];
}

function joined(files: string, forms: readonly StoredProgram[]): Launcher {
  const each = forms.map(({ launcher, loader = launcher }) =>
    requireLauncher(readFileSync(path.join(files, loader))),
  );
  return { ...at(each, 0), forms: each.flatMap((launcher) => launcher.forms) };
}

function writeJoined(
  files: string,
  forms: readonly StoredProgram[],
  { readers }: StoreSettings,
): JoinedLauncher {
  const { name, asInterpreter } = at(forms, 0);
  const launcher = freshName(`${name}.launcher`);
  const loader = asInterpreter ? `${launcher}.loader` : undefined;
  const program = joined(files, forms).texts.program_path;
  const executors = executorsOf(program);
  const contents = joinedFiles(files, forms, loader && path.join(files, loader));
  writeWhole(path.join(files, loader ?? launcher), at(contents, 0), executableBy(executors, readers));
  if (loader !== undefined)
    writeWhole(path.join(files, launcher), at(contents, 1), copyFor(readersOf([program]), executors));
  return {
    ...{ name, launcher, forms: forms.map((each) => each.launcher) },
    ...(loader === undefined ? {} : { loader }),
  };
}
