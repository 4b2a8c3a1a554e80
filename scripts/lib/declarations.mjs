/**
 * Declarations that tsc wrote of sources with Node's types, for consumers without these: `Buffer`, a global of `@types/node`, is imported
 * from src/util/buffer.ts, which knows what it is there.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** @param {string} folder of what tsc wrote; a second time it changes nothing */
export function importBuffers(folder) {
  const buffer = join('util', 'buffer');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts') || name === `${buffer}.d.ts`) continue;
    const text = readFileSync(join(folder, name), 'utf8');
    if (!/\bBuffer\b/.test(text) || text.includes(importOf)) continue;
    writeFileSync(join(folder, name), `${importOf} '${pathFrom(dirname(name), buffer)}';\n${text}`);
  }
}

const importOf = 'import type { Buffer } from';

/** @param {string} folder @param {string} module */
function pathFrom(folder, module) {
  const path = relative(folder, module);
  return `${path.startsWith('.') ? '' : './'}${path}.js`;
}
