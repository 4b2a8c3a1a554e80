/** What must be as it was at bind: every answer that the kernel and the linker got, as rows of the plan. */
import path from 'node:path';
import type { Question } from '../capture/capture.ts';
import { AT } from '../capture/context.ts';
import type { ProgramFacts } from '../program/facts.ts';
import { cacheFile } from '../program/ld-cache.ts';
import type { FileIdentity } from '../program/program.ts';
import type { Blueprint } from '../provenance/explained.ts';
import type { Plan, TableRows } from './plan.ts';
import { identityFields } from './plan.ts';
import { pathKinds } from './plan-layout.ts';
import { at } from '../util/present.ts';

type AnswerTables = Pick<
  Plan['tables'],
  'files' | 'links' | 'paths' | 'cached' | 'variables' | 'calls' | 'auxiliary' | 'cpuid'
>;

export function answerTables({ facts, start }: Blueprint): AnswerTables {
  const { questions, context } = start;
  return {
    files: [...programRows(facts), ...fileRows(filesRead(facts, questions))],
    links: facts.links,
    paths: questions.flatMap((q) => (isAboutPath(q) ? [{ path: q.path, kind: pathKinds[q.kind] }] : [])),
    cached: start.cached,
    variables: facts.variables.map((text) => ({ text })),
    calls: questions.flatMap((q) =>
      q.kind === 'call'
        ? [{ number: q.number, argument: at(q.arguments, 0, 'argument'), result: q.result }]
        : [],
    ),
    auxiliary: auxiliaryRows(context.auxiliary),
    cpuid: context.processor?.answers ?? [],
  };
}

function isAboutPath(question: Question): question is Question & { readonly kind: keyof typeof pathKinds } {
  return question.kind in pathKinds;
}

interface ReadFile {
  readonly file: string;
  readonly identity: FileIdentity;
}

/** The executable and the linker were opened by the kernel; all else is in the questions. */
function filesRead({ interpreter }: ProgramFacts, questions: readonly Question[]): ReadFile[] {
  const asked = questions.flatMap((q) => (q.kind === 'file' ? [{ file: q.path, identity: q.identity }] : []));
  return [{ file: interpreter.path, identity: interpreter.identity }, ...asked];
}

/**
 * The program's file, and where its name leads if that is another path. They stand alone: the loader knows these rows by their
 * paths, which are the header's `program_path` and `invocation_path`.
 */
function programRows({ invocation, path: file, executable }: ProgramFacts): TableRows<'files'> {
  const row = { ...identityFields(executable.identity), directory: '' };
  return [...new Set([invocation, file])].map((name) => ({ ...row, path: name }));
}

/** Opening a directory costs what two look-ups along its path do. */
const fewestInDirectory = 3;

/**
 * Files of one directory stand together and are looked up from it: the loader walks the way there once. The linker's cache stands
 * alone: the loader knows it by its path.
 */
function fileRows(files: readonly ReadFile[]): TableRows<'files'> {
  const directories = new Map<string, ReadFile[]>();
  for (const each of files) {
    const directory = path.dirname(each.file);
    directories.set(directory, [...(directories.get(directory) ?? []), each]);
  }
  return [...directories].flatMap(([directory, members]) => {
    const isFull = members.length >= fewestInDirectory;
    return members.map(({ file, identity }) => {
      const together = isFull && file !== cacheFile;
      return {
        ...identityFields(identity),
        directory: together ? directory : '',
        path: together ? path.basename(file) : file,
      };
    });
  });
}

/** Bytes; 0: the linker did not ask. */
export function leastStackLimit(questions: readonly Question[]): number {
  return questions.reduce((least, q) => (q.kind === 'stack-limit' ? q.least : least), 0);
}

/** Auxiliary entries that differ from process to process, or that the loader sets. */
const perProcess: ReadonlySet<number> = new Set<number>([
  AT.phdr,
  AT.phnum,
  AT.base,
  AT.entry,
  AT.platform,
  AT.random,
  AT.secure,
  AT.execfn,
  AT.sysinfoEhdr,
  // AT_UID, AT_EUID, AT_GID, AT_EGID
  ...[11, 12, 13, 14],
]);
/** The loader keeps entries below this type (AUXILIARY_TYPES of native/start.h). */
const auxiliaryTypes = 64;

function auxiliaryRows(auxiliary: ReadonlyMap<number, bigint>): TableRows<'auxiliary'> {
  const compared = [...auxiliary].filter(([type]) => type < auxiliaryTypes && !perProcess.has(type));
  return compared.map(([type, value]) => ({ type, value }));
}
