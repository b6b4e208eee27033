import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Vitest leaves one core free; the suite is made for two, and its children mostly wait.
    maxWorkers: 2,
    isolate: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/leak-guard.ts'],
  },
})
