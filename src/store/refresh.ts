/**
 * Tells a program's image that files were replaced by ones that say the same: only what its plan says of them changes. The installation
 * of any library makes ld.so.cache another file, so that this happens to whole stores.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { contentDigest } from '../util/content-digest.ts';
import { namedFiles, renewDigests } from '../image/digests.ts';
import { sealBuildId } from '../elf/tool-view.ts';
import { freshName } from '../ranges/place-programs.ts';
import { writeWhole } from '../image/assemble-file.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { decodePlan, encodeCached, encodeIdentities, sealPlan } from '../image/plan.ts';
import { planOffset } from '../image/plan-layout.ts';
import { patchLauncher } from '../image/launcher-file.ts';
import { executableBy, executorsOf, narrower, readableBy, readersOf } from '../program/audience.ts';
import { cachedAnswers } from '../program/cached-answers.ts';
import { nameImage } from '../image/opened-table.ts';
import { openedTableIn } from '../image/read-opened.ts';
import { fileIdentity } from '../program/file-identity.ts';
import { cacheFile } from '../program/ld-cache.ts';
import type { FileIdentity } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { StoredProgram } from './catalogue.ts';
import { allModules } from './catalogue.ts';
import { names } from './folder.ts';
import { cachedNames } from './freshness.ts';
import type { Destination } from './session.ts';

/**
 * New image and launcher, written below `files`. `identityOf`: what the files were when they were found to be equal; a later
 * change must not get by.
 */
export function refreshProgram(
  { store, readers }: Destination,
  program: StoredProgram,
  identityOf: (file: string) => FileIdentity | undefined,
): StoredProgram {
  const files = path.join(store, names.files);
  const before = path.join(files, program.image);
  const bytes = readFileSync(before);
  const planBytes = bytes.subarray(planOffset);
  const plan = decodePlan(planBytes, before);
  const required = (file: string): FileIdentity => {
    const identity = identityOf(file);
    if (!identity) throw new LinkonceError(`${file}: is gone`);
    return identity;
  };
  const named = namedFiles(plan, undefined);
  encodeIdentities(planBytes, plan, required);
  if (plan.header.cached_count > 0n) refreshAnswers(planBytes, plan, required(cacheFile));
  const image = freshName(`${program.name}.image`);
  nameImage(openedTableIn(bytes, plan), path.join(files, image), process.geteuid?.() ?? 0);
  const checksum = sealPlan(planBytes, plan);
  renewDigests(bytes, plan, named);
  sealBuildId(bytes);
  writeWhole(path.join(files, image), bytes, readableBy(narrower(readers, readersOf(allModules(program)))));
  const launcher = freshName(`${program.name}.launcher`);
  const code = patchLauncher(readFileSync(path.join(files, program.launcher)), {
    checksum,
    digest: contentDigest(bytes),
    imagePath: path.join(files, image),
    identity: fileIdentity(path.join(files, image)),
  });
  const executors = executorsOf(plan.text(plan.header.program_path));
  writeWhole(path.join(files, launcher), code, executableBy(executors, readers));
  return { ...program, image, launcher };
}

/** What the linker's cache says now leads to the same modules, by other entries perhaps. */
function refreshAnswers(bytes: Buffer, plan: DecodedPlan, cache: FileIdentity): void {
  const answers = cachedAnswers(cachedNames(plan), cache);
  const digests = new Map(answers.map(({ name, digest }) => [name, digest]));
  encodeCached(bytes, plan, (name) => present(digests.get(name), name));
}
