import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], more: object = {}) => ({
  extends: true as const,
  test: { name, include, ...more },
});

// Servers, TLS and Azurite make the wire projects slow on a small machine: the time limits are generous on purpose.
const wire = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--disable-warning=DEP0040'],
    coverage: {
      provider: 'v8',
      reportOnFailure: true,
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { statements: 90, branches: 80, functions: 90, lines: 90 },
    },
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], { testTimeout: 30_000 }),
      project('lab', ['test/lab/**/*.test.ts'], wire),
      project('host', ['test/host/**/*.test.ts'], wire),
      project('integration', ['test/integration/**/*.test.ts'], { testTimeout: 180_000, hookTimeout: 60_000 }),
      project('long', ['test/long/**/*.test.ts'], { testTimeout: 600_000, hookTimeout: 60_000 }),
    ],
  },
});
