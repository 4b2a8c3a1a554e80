/**
 * Colours, on only where a person looks at them: picocolors alone would also turn them on in pipes when CI is set.
 * See no-color.org for NO_COLOR.
 */
import { isatty } from 'node:tty';
import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for standard output or the standard error stream. */
export function colorsFor(stream: { readonly fd: number }): Colors {
  const refused = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return pc.createColors(isatty(stream.fd) && !refused);
}
