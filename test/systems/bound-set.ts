/** Programs bound under systems by `system:variant`, in one folder; each program is captured once for all of them. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Subject } from '../../src/bind/subject.ts';
import type { BoundImage, SystemChoice } from '../../src/pipeline.ts';
import { bindSubject, openProgram } from '../../src/pipeline.ts';
import type { SyntheticSet } from '../../src/synthetic/build-set.ts';
import { buildSet } from '../../src/synthetic/build-set.ts';
import type { SetDescription } from '../../src/synthetic/description.ts';
import { defaultDescription } from '../../src/synthetic/description.ts';
import { systems } from '../../src/systems/registry.ts';

export class Binder {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'linkonce-systems-'));
  readonly #subjects = new Map<string, Subject>();
  #count = 0;

  /** A new bind each time. Throws what binding throws. */
  bind(program: string, form: string, window?: number): Promise<BoundImage> {
    return this.bindChoice(program, { ...choiceOf(form), window });
  }

  /** The same for any system, registered or not. */
  bindChoice(program: string, choice: SystemChoice): Promise<BoundImage> {
    const subject = this.#subjects.get(program) ?? openProgram(program, () => undefined);
    this.#subjects.set(program, subject);
    const folder = path.join(this.folder, String(this.#count++));
    mkdirSync(folder);
    return bindSubject(subject, { ...choice, output: path.join(folder, path.basename(program)) });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function choiceOf(form: string): SystemChoice {
  const [id, variant = ''] = form.split(':');
  const system = systems.find((each) => each.id === id);
  if (!system?.variants.some((each) => each.id === variant)) throw new Error(`there is no ${form}`);
  return { system, variant };
}

/** Every system and variant, as `system:variant`. */
export const allForms: readonly string[] = systems.flatMap(({ id, variants }) =>
  variants.map((variant) => `${id}:${variant.id}`),
);

/** A synthetic set that differs from the usual one. */
export function syntheticSet(difference: Partial<SetDescription>): Promise<SyntheticSet> {
  return buildSet({ ...defaultDescription, ...difference });
}
