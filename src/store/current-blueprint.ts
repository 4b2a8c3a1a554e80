/** A stored program's blueprint, as it would be captured now. */
import path from 'node:path';
import { readPlan } from '../image/verify-image.ts';
import type { FileIdentity } from '../program/program.ts';
import type { Blueprint } from '../provenance/explained.ts';
import type { StoredProgram } from './catalogue.ts';
import { names } from './folder.ts';
import { answersOfPlan, plannedFiles } from './freshness.ts';
import { readRecord } from './record.ts';

/** A record says which files were there when it was made; the image, which are there now. */
export function currentBlueprint(store: string, { record, image }: StoredProgram): Blueprint {
  const files = path.join(store, names.files);
  const plan = readPlan(path.join(files, image));
  const now = new Map(plannedFiles(plan).map((each) => [each.path, each.identity]));
  const blueprint = withIdentities(readRecord(path.join(files, record)), now);
  return { ...blueprint, start: { ...blueprint.start, cached: answersOfPlan(plan) } };
}

function withIdentities(blueprint: Blueprint, now: ReadonlyMap<string, FileIdentity>): Blueprint {
  const update = <T extends { readonly path: string; readonly identity: FileIdentity }>(file: T): T => ({
    ...file,
    identity: now.get(file.path) ?? file.identity,
  });
  const { facts, start, regions, opened } = blueprint;
  return {
    ...blueprint,
    facts: {
      ...facts,
      executable: update(facts.executable),
      interpreter: update(facts.interpreter),
      modules: facts.modules.map(update),
    },
    start: {
      ...start,
      questions: start.questions.map((each) => (each.kind === 'file' ? update(each) : each)),
    },
    opened: opened.map(update),
    regions: regions.map((each) =>
      each.region.module ? { ...each, region: { ...each.region, module: update(each.region.module) } } : each,
    ),
  };
}
