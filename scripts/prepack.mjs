/**
 * What `npm pack` needs beyond a build: compiles what measurements need, for machines without a compiler. Each is known by a digest of what it is
 * made of, so that nothing is packed that the packed code would not use. What is there stays as it is: somebody may be packing it.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lock } from './lib/steps.mjs';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));
const built = (path) => import(join(packageRoot, 'dist/src', path));
const { buildFolder, packedFolder } = await built('synthetic/build-cached.js');
const { probeRecipe } = await built('synthetic/build-probe.js');
const { watchedRecipe } = await built('tools/watched-program.js');

process.chdir(packageRoot);
lock();
const wanted = new Map([probeRecipe(), watchedRecipe()].map((recipe) => [packedFolder(recipe), recipe]));
const names = new Set([...wanted.keys()].map((folder) => basename(folder)));

// Of an earlier version, or of one that was ended.
for (const name of existsSync('build/compiled') ? readdirSync('build/compiled') : [])
  if (!names.has(name)) rmSync(join('build/compiled', name), { recursive: true });
for (const [folder, recipe] of wanted) if (!existsSync(folder)) await buildFolder(recipe, folder);
