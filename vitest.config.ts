import { defineConfig } from 'vitest/config';

/** Tests start and trace processes: two files at once are enough for two cores, and a slow machine is no failure. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
