import { defineConfig } from 'vitest/config';
import { patienceMs } from './test/patience.ts';

/** Tests start and trace processes: two files at once are enough for two cores, and a slow machine is no failure. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/programs/build-all.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
    expect: { poll: { timeout: patienceMs } },
  },
});
