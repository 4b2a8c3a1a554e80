/**
 * Colours, on only where a person looks at them: picocolors alone would also turn them on in pipes when CI is set.
 * See no-color.org for NO_COLOR.
 */
import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for a stream of this process. */
export function colorsFor(stream: NodeJS.WriteStream): Colors {
  const refused = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return pc.createColors(stream.isTTY && !refused);
}
