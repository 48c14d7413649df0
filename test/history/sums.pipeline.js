export default {
  millrace: 'pipeline',
  name: 'sums',
  version: 1,
  metrics: undefined,
  state: { bytes: 1 << 20, whenFull: 'evict-oldest', onChange: 'fresh' },
  time: { latenessMs: 5000, idleMs: 60_000 },
  nodes: [
    {
      kind: 'emit',
      id: 'out',
      inputs: ['source'],
      policy: { onError: 'dead-letter', retries: 0, timeoutMs: 1000 },
      topic: 'sums',
      sizeMs: 60_000,
    },
  ],
}
