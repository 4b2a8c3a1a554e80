/** What the store's commands tell a person. */
import path from 'node:path';
import type { HandOvers } from '../image/hand-over-count.ts';
import type { StoredProgram } from '../store/catalogue.ts';
import { titleOf } from '../store/catalogue.ts';
import type { ListedProgram, Listing } from '../store/list.ts';
import type { Learnt } from '../store/learn.ts';
import type { Updated } from '../store/update.ts';
import type { Verified } from '../store/verify.ts';
import { hex } from '../util/units.ts';
import { openedText, unpreparedLines } from './opened-text.ts';

const megabytes = (kb: number): string => `${(kb / 1024).toFixed(1)} MiB`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export function describeAdded(
  added: readonly StoredProgram[],
  remarks: readonly string[],
  ms: number,
): string {
  const lines = added.flatMap(describeBound);
  const count = new Set(added.map(({ name }) => name)).size;
  return `${[...lines, ...remarks, `${String(count)} programs in ${seconds(ms)}`].join('\n')}\n`;
}

function describeBound(program: StoredProgram): string[] {
  const { modules, opened, unprepared, notes } = program;
  const text = openedText(opened.length, unprepared);
  const line = `${titleOf(program)}: ${text === undefined ? '' : 'needs '}${String(modules.length)} modules`;
  return [text === undefined ? line : `${line}; ${text}`, ...notes.map((note) => `  ${note}`)];
}

/** `name`: what was asked for; where nothing was bound, it opens what was known. */
export function describeLearnt(name: string, { bound, failures, remarks }: Learnt, ms: number): string {
  const nothing = bound.length + failures.length === 0 ? [`${name}: nothing new`] : [];
  return `${[...bound.flatMap(describeBound), ...nothing, ...remarks, seconds(ms)].join('\n')}\n`;
}

/** `isLong`: with what is not prepared. */
export function describeList(listing: Listing, isLong = false): string {
  const { relocated, disk, programs, window, movedFrom } = listing;
  return [
    `${listing.store}: ${listing.system}, window of ${String(window.bits)} bits at ${hex(window.base)}, slide per ${listing.slide}, for ${listing.readers}`,
    ...(movedFrom === undefined
      ? []
      : [`it was written for ${movedFrom}: \`store update\` writes its paths anew`]),
    ...programs.flatMap((program) => describeProgram(program, isLong)),
    `${String(new Set(programs.map(({ name }) => name)).size)} programs, ${String(listing.modules)} modules; launchers in ${path.join(listing.store, 'bin')}`,
    `relocated pages: ${megabytes(relocated.storedKb)} stored; under ld.so one process of each program holds ` +
      `${megabytes(relocated.underLinkerKb)} of its own: ${relocated.ratio.toFixed(1)} times as much`,
    `disk: ${megabytes(disk.sharedKb)} shared files, ${megabytes(disk.imagesKb)} images, ${megabytes(disk.recordsKb)} records`,
    '',
  ].join('\n');
}

const outcomes: Readonly<Record<NonNullable<ListedProgram['outcome']>, string>> = {
  'hands-over': 'through ld.so',
  fails: 'does not start',
  unknown: 'not known',
};

const indent = ' '.repeat(19);

function describeProgram(program: ListedProgram, isLong: boolean): string[] {
  const { modules, writtenPages, stale, outcome, handedOver, opened, unprepared } = program;
  const state = outcome === undefined ? 'ready' : `${outcomes[outcome]}: ${String(stale)}`;
  const line = `  ${titleOf(program).padEnd(16)} ${String(modules).padStart(4)} modules ${String(writtenPages * 4).padStart(7)} kB  ${state}`;
  const text = openedText(opened, unprepared);
  const below = [
    ...(text === undefined ? [] : [text]),
    ...(isLong ? unpreparedLines(unprepared).map((each) => `  ${each}`) : []),
    ...(handedOver === undefined ? [] : [describeHandOvers(handedOver)]),
  ];
  return [line, ...below.map((each) => indent + each)];
}

/** Times are the reader's own. */
export function describeHandOvers({ count, last, reason }: HandOvers): string {
  const when = last === undefined ? '' : ` ${last.toLocaleString('sv-SE')}`;
  return `${String(count)} starts of the owner were handed over, the last one${when}: ${reason}`;
}

export function describeUpdate(updated: Updated, ms: number): string {
  const { rebuilt, refreshed, gone, changedModules, movedFrom } = updated;
  const lines = [
    ...(movedFrom === undefined ? [] : [`moved from ${movedFrom}: paths written anew`]),
    ...changedModules.map((file) => `changed: ${file}`),
    ...rebuilt.map(({ name, reason }) => `bound again: ${name} (${reason})`),
    ...(refreshed.length > 0 ? [`only their files' identities changed: ${refreshed.join(', ')}`] : []),
    ...gone.map((name) => `no longer there: ${name}`),
  ];
  return `${[...(lines.length > 0 ? lines : ['everything is up to date']), seconds(ms)].join('\n')}\n`;
}

export function describeVerified({ programs, pages, faults, stale, leftovers }: Verified): string {
  const kb = leftovers.reduce((sum, each) => sum + each.kb, 0);
  return [
    ...faults.map((fault) => `fault: ${fault}`),
    ...stale.map((name) => `stale, runs through ld.so: ${name}`),
    ...(leftovers.length > 0
      ? [
          `${String(leftovers.length)} files that no program needs any more, ${kb.toFixed(0)} kB: \`store gc\` removes them`,
        ]
      : []),
    `${String(programs)} programs, ${String(pages)} pages read and compared: ${faults.length === 0 ? 'all as they must be' : `${String(faults.length)} faults`}`,
    '',
  ].join('\n');
}
