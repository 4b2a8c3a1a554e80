/** What the stored files of linkonce say: an image's plan, a launcher's trailer, and what a store has. docs/formats/. */
import { requireCount } from '../image/hand-over-count.ts';
import { decodeLauncher } from '../image/launcher-file.ts';
import {
  countMagic,
  launcherFlags,
  planMagic,
  planOffset,
  settledMagic,
  tables,
  textFieldNames,
} from '../image/plan-layout.ts';
import type { TableName } from '../image/plan-layout.ts';
import { namedFiles, readDigests } from '../image/digests.ts';
import { readOpenedTable } from '../image/read-opened.ts';
import { readSettled } from '../image/settled.ts';
import { readPlan } from '../image/verify-image.ts';
import { at } from '../util/present.ts';
import { wordAt } from '../util/read-word.ts';
import { hex } from '../util/units.ts';
import { describeOpened } from './inspect-opened.ts';
import type { StoredFile } from './inspect-store.ts';
import { describeCatalogue, describeRecord } from './inspect-store.ts';

/** Undefined where the file is none of them. Throws LinkonceError for one that is damaged. */
export function readStoredFile(path: string): StoredFile | undefined {
  if (wordAt(path, planOffset) === planMagic) return readImage(path);
  const magic = wordAt(path, 0);
  if (magic === recordMagic) return describeRecord(path);
  if (magic === countMagic) return describeCount(path);
  if (magic === settledMagic) return describeSettled(path);
  return magic === catalogueStart ? describeCatalogue(path) : undefined;
}

/** The trailer of a launcher; undefined for any other ELF file. `bytes` is the whole file. */
export function readLauncher(path: string, bytes: Buffer): StoredFile | undefined {
  const launcher = decodeLauncher(bytes);
  if (!launcher) return undefined;
  const { flags, texts, forms } = launcher;
  return {
    path,
    kind: (flags & launcherFlags.interpreter) !== 0 ? 'interpreter of a bound program' : 'launcher',
    program: texts.program_path,
    invocation: texts.invocation_path,
    name: texts.own_name,
    interpreter: texts.interpreter_path,
    handOversCountedIn: texts.count_path || 'no file',
    forms: forms.map(({ variables, imagePath, planAddress, checksum, digest }) => ({
      ...{ image: imagePath, variables: hex(variables) },
      ...{ planAddress: hex(planAddress), checksum: hex(checksum), digest: digest.toString('hex') },
    })),
  };
}

/** What the loader wrote, as it stands there. */
function describeCount(path: string): StoredFile {
  const { count, last, reason } = requireCount(path);
  return {
    path,
    kind: 'count of starts that were handed over',
    count,
    last: last?.toISOString() ?? 'not known',
    reason,
  };
}

/** Which files a mount shows: the image first, then those of its digests. */
function describeSettled(path: string): StoredFile {
  const { checksum, files } = readSettled(path);
  return {
    path,
    kind: 'settled identities',
    checksum: hex(checksum),
    files: files.map((identity) =>
      identity
        ? {
            settled: 'yes',
            device: hex(identity.device),
            inode: Number(identity.inode),
            size: hex(identity.size),
          }
        : { settled: 'no' },
    ),
  };
}

/** First words of the files of a store. */
const recordMagic = Buffer.from('LNKRECRD').readBigUInt64LE();
const catalogueStart = Buffer.from('{"format').readBigUInt64LE();

const textFields = new Set([
  'program_path',
  'invocation_path',
  'interpreter_path',
  'command_name',
  'platform',
]);

/** `steps_offset` and the like: the rows themselves are shown. */
function isTablePlace(name: string): boolean {
  return Object.keys(tables).some((table) => name === `${table}_offset` || name === `${table}_count`);
}

function readImage(path: string): StoredFile {
  const plan = readPlan(path);
  const scalars = Object.entries(plan.header)
    .filter(([name]) => !isTablePlace(name))
    .map(([name, value]) => [name, textFields.has(name) ? plan.text(value) : hex(value)] as const);
  const rows = (name: TableName): unknown[] =>
    plan.rows(name).map((row) =>
      Object.fromEntries(
        Object.entries<bigint>(row)
          .filter(([field]) => field !== 'reserved')
          .map(([field, value]) => [
            field,
            textFieldNames.has(field) ? plan.text(value) : fieldValue(field, value),
          ]),
      ),
    );
  const names = Object.keys(tables) as TableName[];
  const opened = readOpenedTable(path, plan);
  const digests = readDigests(path, plan);
  return {
    path,
    kind: 'image',
    ...Object.fromEntries(scalars),
    ...Object.fromEntries(names.map((name) => [name, rows(name)])),
    ...(opened && describeOpened(opened, path)),
    digests: namedFiles(plan, opened).map(({ path: file }, index) => ({
      digest: at(digests, index, 'digest').toString('hex'),
      file: file || 'the image, or a place',
    })),
  };
}

/** Addresses, sizes and register contents in hexadecimal; counts and kinds as they are. */
function fieldValue(field: string, value: bigint): string | number {
  const hexadecimal = /address|length|offset|device|value|current|maximum|e[abcd]x|leaf|argument/.test(field);
  return hexadecimal ? hex(value) : Number(value);
}

/** For people: a line a value, a line a row; rows of a row below it. */
export function storedFileText(file: StoredFile): string {
  const lines = Object.entries(file).flatMap(([name, value]) =>
    Array.isArray(value) ? tableLines(name, value as readonly StoredFile[]) : [`${name}: ${String(value)}`],
  );
  return `${lines.join('\n')}\n`;
}

function tableLines(name: string, rows: readonly StoredFile[]): string[] {
  return [`${name}: ${String(rows.length)}`, ...rows.flatMap(rowLines).map((line) => `  ${line}`)];
}

function rowLines(row: StoredFile): string[] {
  const isTable = ([, value]: [string, unknown]): boolean => Array.isArray(value);
  const own = Object.entries(row).filter((entry) => !isTable(entry));
  const tables = Object.entries(row).filter(isTable) as [string, readonly StoredFile[]][];
  return [
    own.map(([name, value]) => `${name} ${String(value)}`).join(', '),
    ...tables.flatMap(([name, rows]) => tableLines(name, rows)).map((line) => `  ${line}`),
  ];
}
