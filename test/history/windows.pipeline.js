const policy = { onError: 'dead-letter', retries: 0, timeoutMs: 1000 }
const value = { input: 'value', metric: undefined }
const window = { kind: 'window', inputs: ['source'], policy, allowedLatenessMs: 0, earlyEveryMs: 0 }

export default {
  millrace: 'pipeline',
  name: 'windows',
  version: 1,
  metrics: undefined,
  state: { bytes: 64 << 20, whenFull: 'evict-oldest', onChange: 'fresh' },
  time: { latenessMs: 5000, idleMs: 30_000 },
  nodes: [
    {
      ...window,
      id: 'minutes',
      window: { type: 'tumbling', sizeMs: 60_000, offsetMs: 0 },
      key: { by: 'device' },
      aggregates: {
        n: { type: 'count', ...value },
        mean: { type: 'mean', ...value },
        most: { type: 'max', ...value },
      },
    },
    {
      ...window,
      id: 'overall',
      window: { type: 'tumbling', sizeMs: 20_000, offsetMs: 0 },
      key: { by: 'metric' },
      aggregates: { n: { type: 'count', ...value }, least: { type: 'min', ...value } },
    },
  ],
}
