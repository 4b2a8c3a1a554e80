/** What must be as it was at bind: every answer that the kernel and the linker got, as rows of the plan. */
import type { Question } from '../capture/capture.ts';
import { AT } from '../capture/context.ts';
import type { ProgramFacts } from '../program/facts.ts';
import { cacheFile } from '../program/ld-cache.ts';
import { sameIdentity } from '../program/file-identity.ts';
import type { FileIdentity } from '../program/program.ts';
import type { Blueprint } from '../provenance/explained.ts';
import type { Plan, TableRows } from './plan.ts';
import { inDirectories } from './in-directories.ts';
import { identityFields } from './plan.ts';
import { pathKinds } from './plan-layout.ts';
import { at } from '../util/present.ts';

type AnswerTables = Pick<
  Plan['tables'],
  'files' | 'links' | 'paths' | 'cached' | 'variables' | 'calls' | 'auxiliary' | 'cpuid'
>;

/** Identities of the files that backings ask for, by path. */
export type MappedFiles = ReadonlyMap<string, FileIdentity>;

export function answerTables({ facts, start }: Blueprint, mapped: MappedFiles): AnswerTables {
  const { questions, context } = start;
  return {
    files: [...programRows(facts), ...fileRows(filesRead(facts, questions), mapped)],
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
  const row = { ...identityFields(executable.identity), directory: '', mapped: 0 };
  return [...new Set([invocation, file])].map((name) => ({ ...row, path: name }));
}

/** The linker's cache stands alone: the loader knows it by its path. `mapped`: paths of files that a backing asks for. */
function fileRows(files: readonly ReadFile[], mapped: MappedFiles): TableRows<'files'> {
  const placed = inDirectories(
    files,
    ({ file }) => file,
    (file) => file === cacheFile,
  );
  return placed.map(({ value: { file, identity }, ...names }) => {
    const asked = mapped.get(file);
    const isMapped = asked !== undefined && sameIdentity(asked, identity);
    return { ...identityFields(identity), ...names, mapped: Number(isMapped) };
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
