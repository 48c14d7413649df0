import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'

// every process of a test would read all of them at its start, for longer than the rest of it takes; tests talk to loopback
delete process.env.NODE_EXTRA_CA_CERTS

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // on two cores: tests wait for timers and sockets, too
    maxWorkers: 3,
    // half of what a test file costs is loading the engine: a process loads it once
    isolate: false,
    setupFiles: ['test/setup.ts'],
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      // thread entries are doors; what they open is tested inline
      exclude: ['src/core/generated/**', 'src/**/*.layout.ts', 'src/**/*.worker.ts', 'src/**/*.cts'],
      thresholds: {
        'src/{scheduling,routing,regions,pipelines,alerts,devices}/**': { lines: 95 },
        'src/{kernels,memory,observability,security}/**': { lines: 95 },
        'src/ingest/{decode,replies}/**': { lines: 95 },
        'src/engine/{api,config,embedding}/**': { lines: 95 },
      },
    },
  },
})
