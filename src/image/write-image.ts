/**
 * Writes a launcher and its image: one file with the plan, the loader's last stage and the memory of all modules. The image
 * is there, and was read back, before the launcher that leads to it appears.
 */
import { basename, dirname } from 'node:path';
import type { Audience, Permissions } from '../program/audience.ts';
import { copyFor, executableBy, executorsOf, narrower, readableBy, readersOf } from '../program/audience.ts';
import { fileIdentity, sameIdentity } from '../program/file-identity.ts';
import { requireTellingTimes } from '../program/file-system.ts';
import type { ModuleFacts, ProgramFacts } from '../program/facts.ts';
import type { Blueprint } from '../provenance/explained.ts';
import { moveAddress } from '../provenance/layout.ts';
import { contentDigestAt } from '../util/content-digest.ts';
import { LinkonceError } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { writeAtomically } from '../util/write-atomically.ts';
import { assembleFile, assembleIdentified, bytesPart, piecePart } from './assemble-file.ts';
import type { Composed, PlacedMemory } from './compose-image.ts';
import type { Image } from './image.ts';
import { interpreterCopy } from './interpreter-copy.ts';
import type { LauncherTarget } from './launcher-file.ts';
import { launcherFile } from './launcher-file.ts';
import { nameImage } from './opened-table.ts';
import type { NamedFile } from './digests.ts';
import { digestTable, namedFiles } from './digests.ts';
import { decodeOpened } from './decode-opened.ts';
import { decodePlan } from './plan.ts';
import { planOffset } from './plan-layout.ts';
import { waitForNewTimestamp } from './timestamps.ts';
import { verifyImage } from './verify-image.ts';

export interface ImageRequest {
  /** The launcher, or in interpreter mode the copy of the program. Absolute. */
  readonly output: string;
  /** Where the image goes. */
  readonly imagePath: string;
  readonly asInterpreter: boolean;
  /** The name by which people call it; absent: the output's. */
  readonly ownName?: string;
  /** Where the launcher counts its hand-overs; absent: nowhere. */
  readonly countPath?: string | undefined;
  /** Whom files are for at most, whoever may read the modules; absent: everybody. */
  readonly readers?: Audience;
}

/**
 * Writes image and launcher of a program. Throws LinkonceError where a module changed since it was read, or a file cannot
 * be written.
 */
export function writeImage(placed: PlacedMemory, composed: Composed, request: ImageRequest): Image {
  const { blueprint, loader } = placed;
  const { facts } = blueprint;
  const { imagePath, readers = 'everybody' } = request;
  requireTellingTimes(filesRead(blueprint));
  waitForNewTimestamp(modulesOf(blueprint), imagePath);
  nameImage(composed.opened, imagePath, present(process.geteuid, 'user of this process')());
  const digests = digestTable(filesNamed(composed, imagePath));
  const write = (file: number): void => {
    writeContents(file, composed, digests);
  };
  const { mode, group } = readableBy(narrower(readers, readersOf(pathsOf(blueprint))));
  writeAtomically(imagePath, mode, write, group);
  verifyImage(imagePath, loader);
  requireUnchanged(blueprint);
  const launchers = writeLaunchers(facts, loader, request, {
    form: {
      imagePath,
      identity: fileIdentity(imagePath),
      planAddress: composed.planAddress,
      tablesSize: composed.plan.length,
      headSize: composed.headSize,
      checksum: composed.plan.readBigUInt64LE(16),
      digest: contentDigestAt(imagePath),
    },
    ownName: request.ownName ?? basename(request.output),
    countPath: request.countPath ?? '',
    interpreter: request.asInterpreter,
    endOnCollision: placed.endOnCollision,
  });
  return {
    file: request.output,
    environment: {},
    files: [...launchers, imagePath],
    entry: mayMove(placed) ? 'moves' : entryOf(blueprint, composed),
    ...(placed.places && { places: placed.places }),
    ...(placed.calls?.entries && { entries: placed.calls.entries }),
    notes: [...notesOf(blueprint, request), ...callNotes(placed)],
  };
}

/** All files that the plan names by their identities. */
function filesRead(blueprint: Blueprint): Set<string> {
  const asked = blueprint.start.questions.flatMap((each) => (each.kind === 'file' ? [each.path] : []));
  return new Set([...pathsOf(blueprint), ...asked]);
}

/** What is in the image, or may come to be. */
function pathsOf(blueprint: Blueprint): string[] {
  return modulesOf(blueprint).map(({ path }) => path);
}

function modulesOf({ facts, opened }: Blueprint): readonly ModuleFacts[] {
  return [...facts.modules, ...opened.filter(({ place }) => place)];
}

function mayMove({ regions }: PlacedMemory): boolean {
  return regions.rows.some((_, row) => regions.isMovable(row));
}

/** Where the program itself begins: glibc's linker has it in rax, musl's jumps there. */
function entryOf(blueprint: Blueprint, { layout }: Composed): Address {
  const { handoff } = blueprint.start;
  const entry = blueprint.facts.libc === 'glibc' ? Number(handoff.rax) : handoff.address;
  return moveAddress(blueprint, layout, entry);
}

function filesNamed({ plan, opened, fileSize }: Composed, imagePath: string): NamedFile[] {
  const table = opened.length === 0 ? undefined : decodeOpened(opened, imagePath, BigInt(fileSize));
  return namedFiles(decodePlan(plan, imagePath), table);
}

function writeContents(file: number, composed: Composed, digests: Buffer): void {
  const { plan, opened, code, contents, fixUps, heap, tools } = composed;
  const openedOffset = planOffset + plan.length;
  assembleIdentified(file, composed.fileSize, [
    bytesPart(tools.head, 0),
    bytesPart(plan, planOffset),
    bytesPart(opened, openedOffset),
    bytesPart(code, openedOffset + opened.length),
    ...contents.map(({ piece, address, length, offset }) => piecePart(piece, address, length, offset)),
    bytesPart(fixUps.bytes, fixUps.offset),
    bytesPart(Buffer.concat(heap.pages), heap.offset),
    bytesPart(tools.tables, tools.offset),
    bytesPart(digests, composed.digestsOffset),
  ]);
}

function requireUnchanged(blueprint: Blueprint): void {
  const { invocation, executable } = blueprint.facts;
  for (const { path, identity } of [{ ...executable, path: invocation }, ...modulesOf(blueprint)])
    if (!sameIdentity(fileIdentity(path), identity))
      throw new LinkonceError(`${path}: changed while ${invocation} was bound`);
}

function writeLaunchers(
  facts: ProgramFacts,
  loader: Buffer,
  request: ImageRequest,
  target: LauncherTarget,
): string[] {
  const launcher = launcherFile(loader, facts, target);
  const executors = executorsOf(facts.path);
  const write = (path: string, bytes: Buffer, { mode, group }: Permissions): void => {
    const fill = (file: number): void => {
      assembleFile(file, bytes.length, [bytesPart(bytes, 0)]);
    };
    writeAtomically(path, mode, fill, group);
  };
  const { output, readers } = request;
  if (!request.asInterpreter) {
    write(output, launcher, executableBy(executors, readers));
    return [output];
  }
  const interpreter = `${output}.loader`;
  write(interpreter, launcher, executableBy(executors, readers));
  write(output, interpreterCopy(facts.path, interpreter), copyFor(readersOf([facts.path]), executors));
  return [output, interpreter];
}

function notesOf(blueprint: Blueprint, request: ImageRequest): string[] {
  const { facts, slots, start } = blueprint;
  const notes: string[] = [];
  if (start.unbindable !== undefined)
    notes.push(
      `its ${String(slots.lazy)} lazy slots stay lazy, since not all can be bound: ${start.unbindable}`,
    );
  if (facts.readsExeLink && !request.asInterpreter)
    notes.push(
      'it reads /proc/self/exe: where that link cannot be set (no user namespaces, a filter of system calls) it runs through ld.so; --as-interpreter serves it there',
    );
  if (request.asInterpreter && movesOrigin(facts, request.output))
    notes.push(
      `it finds libraries by its own folder ($ORIGIN): when it hands over, the copy looks beside itself; put it into ${dirname(facts.path)}`,
    );
  return [...notes, ...readerNotes(blueprint, request.output)];
}

/** Said only where others can come. */
function readerNotes(blueprint: Blueprint, output: string): string[] {
  if (executorsOf(dirname(output)) !== 'everybody') return [];
  const closed = pathsOf(blueprint).find((file) => readersOf([file]) !== 'everybody');
  if (closed === undefined) return [];
  return [`not everybody may read ${closed}, nor what is made of it: other users run it through ld.so`];
}

function callNotes({ calls }: PlacedMemory): string[] {
  if (!calls) return [];
  const { changed, own, left, notes } = calls;
  const counts = `call sites: ${String(changed)} changed, ${String(own)} direct within their module, ${String(left)} as compiled`;
  return [counts, ...notes];
}

function movesOrigin(facts: ProgramFacts, output: string): boolean {
  return facts.usesOrigin && dirname(output) !== dirname(facts.path);
}
