import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Made for two cores: much of the time goes into waiting, for what is tried again and for processes of their own.
    maxWorkers: 3,
    maxConcurrency: 10,
    isolate: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/leak-guard.ts'],
  },
})
