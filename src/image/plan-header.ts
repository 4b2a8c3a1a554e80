/** Prints `native/plan.h`, generated from plan-layout.ts: `node dist/src/image/plan-header.js > native/plan.h`. */
import { fileURLToPath } from 'node:url';
import type { NamedStructure } from './plan-layout.ts';
import {
  actions,
  backingKinds,
  countFileSize,
  countMagic,
  countVersion,
  handOverCount,
  launcherAnswers,
  launcherFlags,
  launcherForm,
  launcherMagic,
  launcherTrailer,
  openedHead,
  openedTables,
  operations,
  pathKinds,
  planDigest,
  planFlags,
  planHeader,
  planMagic,
  planOffset,
  planVersion,
  serving,
  settledFile,
  settledFolder,
  settledHead,
  settledMagic,
  settledVersion,
  slideBits,
  slideUnit,
  sources,
  tables,
} from './plan-layout.ts';
import { fileSystemsInMemory, localFileSystems, overlayType } from '../program/file-system.ts';
import { openedStates } from '../provenance/opened-states.ts';
import { reasons } from './reasons.ts';

const constant = (name: string): string => name.replace(/[A-Z]/g, '_$&').replace(/-/g, '_').toUpperCase();

function enumeration(prefix: string, values: Readonly<Record<string, number>>): string {
  const rows = Object.entries(values).map(
    ([name, value]) => `\t${prefix}_${constant(name)} = ${String(value)},`,
  );
  return ['enum {', ...rows, '};'].join('\n');
}

const cTypes = { u16: 'uint16_t', u32: 'uint32_t', i32: 'int32_t', u64: 'uint64_t', i64: 'int64_t' } as const;

function cStructure(of: NamedStructure): string {
  const fields = Object.entries(of.fields).map(([name, type]) => `\t${cTypes[type]} ${name};`);
  const size = `_Static_assert(sizeof(struct ${of.name}) == ${String(of.size)}, "${of.name}");`;
  return [`/* ${of.comment} */`, `struct ${of.name} {`, ...fields, '};', size].join('\n');
}

/** The words of each reason, so that the loader and who reads it have the same ones. */
function reasonTexts(): string {
  const rows = Object.entries(reasons).map(
    ([name, { text }]) => `#define REASON_${constant(name)} ${JSON.stringify(text)}`,
  );
  return [`/* From src/image/reasons.ts. */`, ...rows].join('\n');
}

/** The C header of the loader. */
export function planHeaderText(): string {
  return [
    '/* Generated from src/image/plan-layout.ts: change that file, not this one. */',
    '#pragma once',
    '#include <stdint.h>',
    '',
    `#define PLAN_MAGIC ${String(planMagic)}ull`,
    `#define LAUNCHER_MAGIC ${String(launcherMagic)}ull`,
    `#define PLAN_VERSION ${String(planVersion)}`,
    `#define PLAN_OFFSET ${String(planOffset)}`,
    `#define COUNT_MAGIC ${String(countMagic)}ull`,
    `#define COUNT_VERSION ${String(countVersion)}`,
    `#define COUNT_FILE_SIZE ${String(countFileSize)}`,
    `#define SETTLED_MAGIC ${String(settledMagic)}ull`,
    `#define SETTLED_VERSION ${String(settledVersion)}`,
    `#define SETTLED_FOLDER "${settledFolder}"`,
    `#define SLIDE_BITS ${String(slideBits)}`,
    `#define SLIDE_UNIT ${String(slideUnit)}ull`,
    `#define SERVING_SUFFIX "${serving.suffix}"`,
    `#define SERVING_SECOND ${String(serving.second)}`,
    `#define SERVING_PATIENCE ${String(serving.patience)}`,
    `#define LOCAL_FILE_SYSTEMS ${Object.values(localFileSystems).join(', ')}`,
    `#define FILE_SYSTEMS_IN_MEMORY ${Object.values(fileSystemsInMemory).join(', ')}`,
    `#define OVERLAY_FILE_SYSTEM ${String(overlayType)}`,
    '',
    enumeration('OPERATION', operations),
    enumeration('BACKING', backingKinds),
    enumeration('ACTION', actions),
    enumeration('SOURCE', sources),
    enumeration('PATH', pathKinds),
    enumeration('PLAN', planFlags),
    enumeration('LAUNCHER', launcherFlags),
    enumeration('ANSWER', launcherAnswers),
    enumeration('OPENED', openedStates),
    '',
    reasonTexts(),
    '',
    ...[
      ...Object.values(tables),
      ...[
        planHeader,
        launcherTrailer,
        launcherForm,
        planDigest,
        settledHead,
        settledFile,
        handOverCount,
        openedHead,
      ],
      ...Object.values(openedTables),
    ].map((each) => `${cStructure(each)}\n`),
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(planHeaderText());
