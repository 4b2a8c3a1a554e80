/**
 * What `npm pack` needs beyond a build: compiles what measurements need, for machines without a compiler. Each is known by a digest of what it is
 * made of, so that nothing is packed that the packed code would not use.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));
const built = (path) => import(join(packageRoot, 'dist/src', path));
const { buildFolder, packedFolder } = await built('synthetic/build-cached.js');
const { probeRecipe } = await built('synthetic/build-probe.js');
const { watchedRecipe } = await built('tools/watched-program.js');

const recipes = [probeRecipe(), watchedRecipe()];

// Anew: what an earlier version was made of is not packed.
rmSync(join(packageRoot, 'build/compiled'), { recursive: true, force: true });
for (const recipe of recipes) await buildFolder(recipe, packedFolder(recipe));
