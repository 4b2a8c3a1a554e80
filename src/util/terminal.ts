/** All that is printed goes through here once `guard` was called: see printable.ts. */
import { colorsFor } from './colors.ts';
import { printable } from './printable.ts';

/** Where standard output, or the standard error stream, went before. */
const unguarded = new WeakMap<NodeJS.WriteStream, NodeJS.WriteStream['write']>();

/** From here on text is made printable; bytes are not touched. */
export function guard(stream: NodeJS.WriteStream & { readonly fd: number }): void {
  const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean;
  const { isColorSupported } = colorsFor(stream);
  unguarded.set(stream, write);
  stream.write = (chunk: unknown, ...rest: unknown[]) =>
    write(typeof chunk === 'string' ? printable(chunk, isColorSupported) : chunk, ...rest);
}

/** For text that moves the cursor, and whose other parts are printable. */
export function writeControl(stream: NodeJS.WriteStream, text: string): void {
  (unguarded.get(stream) ?? stream.write).call(stream, text);
}
