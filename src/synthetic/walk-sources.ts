/**
 * The generated part of the probe: many functions in several modules, and for each style of call sites a walk, which calls its
 * own half of them, each once, in one random order, without a loop.
 */
import { createRandom } from '../util/random.ts';

/** `plt`: through PLT slots. `got`: -fno-plt, through GOT slots at the call site. */
export const callStyles = ['plt', 'got'] as const;
export type CallStyle = (typeof callStyles)[number];

/** For each style: modules, and functions of each. */
export const walkSize = { modules: 8, functions: 128 };
export const walkCalls = walkSize.modules * walkSize.functions;

const seed = 1;

/** The functions of one module. */
export function walkedSource(style: CallStyle, module: number): string {
  const functions = Array.from({ length: walkSize.functions }, (_, position) => {
    const index = module * walkSize.functions + position;
    return `word ${nameOf(style, index)}(word x) { return (x ^ ${index}) + ${position + 1}; }`;
  });
  return `${heading}${functions.join('\n')}\n`;
}

/** The walk over all of a style's functions. */
export function walkSource(style: CallStyle): string {
  const names = shuffledIndices().map((index) => nameOf(style, index));
  const lines = [
    ...names.map((name) => `function ${name};`),
    `word ${style}_walk(word x)`,
    '{',
    ...names.map((name) => `\tx = ${name}(x);`),
    '\treturn x;',
    '}',
  ];
  return `${heading}${lines.join('\n')}\n`;
}

const heading = '#include "probe.h"\n';

function nameOf(style: CallStyle, index: number): string {
  return `${style}_f${index}`;
}

/** Fisher and Yates's shuffle. */
function shuffledIndices(): readonly number[] {
  const random = createRandom(seed);
  const indices = Array.from({ length: walkCalls }, (_, index) => index);
  for (let last = indices.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [indices[last], indices[other]] = [indices[other]!, indices[last]!];
  }
  return indices;
}
