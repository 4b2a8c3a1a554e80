/**
 * What a person chose for a store that another version of linkonce wrote: its settings, and programs with what they open. Files and addresses in it are that
 * version's own, and are not looked at: everything is bound anew. These fields have been there since version 6, `bases` since 8, and must be as they are.
 */
import { z } from 'zod';
import { LinkonceError } from '../util/errors.ts';
import type { OtherVersion, StoredProgram, StoreSettings } from './catalogue.ts';

const choices = z.object({
  settings: z.object({
    system: z.string(),
    variant: z.string(),
    window: z.number(),
    bases: z.array(z.number()).optional(),
    slide: z.enum(['store', 'boot']),
    gap: z.number(),
    readers: z.union([z.enum(['everybody', 'owner']), z.object({ group: z.number() })]),
  }),
  programs: z.array(
    z.object({
      name: z.string(),
      variables: z.array(z.string()),
      invocation: z.string(),
      asInterpreter: z.boolean(),
      opened: z.array(z.string()),
    }),
  ),
});

/** A program without files: until an update has bound it, its name in `bin` is a link to it. */
const unbound = {
  failed: 'another version of linkonce bound it',
  ...{ record: '', image: '', launcher: '' },
  ...{ shared: [], modules: [], unprepared: [], notes: [] },
  ...{ writtenPages: 0, ownPages: 0 },
};

/** Throws LinkonceError where the catalogue does not say it. */
export function chosenBefore(
  store: string,
  { version, body }: OtherVersion,
): { readonly settings: StoreSettings; readonly programs: readonly StoredProgram[] } {
  const { success, data } = choices.safeParse(body);
  if (!success)
    throw new LinkonceError(
      `${store}: a store of version ${String(version)}, which says nothing to this one: \`store undo\` takes it away, \`store add\` makes it anew`,
    );
  return { settings: data.settings, programs: data.programs.map((each) => ({ ...each, ...unbound })) };
}
