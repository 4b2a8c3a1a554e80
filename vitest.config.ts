import { existsSync } from 'node:fs';
import path from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';
import { patienceMs } from './test/patience.ts';

const root = import.meta.dirname;

/**
 * Tests run what is built, as the command line does: Node loads it in a sixth of the time that the transformed sources take, once
 * in each of the files. What only a browser runs (`src/report/page/`) is not built as modules.
 */
const testBuilt: Plugin = {
  name: 'test-built',
  enforce: 'pre',
  resolveId(source, importer) {
    if (!importer || !source.startsWith('.')) return undefined;
    const relative = path.relative(root, path.resolve(path.dirname(importer), source));
    if (!relative.startsWith(`src${path.sep}`)) return undefined;
    const built = path.join(root, 'dist', relative.replace(/\.ts$/, '.js'));
    return existsSync(built) ? { id: built, external: true } : undefined;
  },
};

/** Tests start and trace processes: two files at once are enough for two cores, and a slow machine is no failure. */
export default defineConfig({
  plugins: [testBuilt],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/programs/build-all.ts',
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
    expect: { poll: { timeout: patienceMs } },
    server: { deps: { external: [/\/dist\/src\//] } },
  },
});
