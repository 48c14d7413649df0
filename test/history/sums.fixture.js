// @ts-check
/** A stand-in for the pipelines' runtime: sums per series and minute, and how many readings came after their minute was told. */

/** @typedef {{ n: number, sum: number }} Sum */

const MINUTE = 60_000

/** @param {import('../../src/history/run/open-stream.ts').StreamParts} parts */
export function openStream({ definition, outlet, lookup, counts }) {
  /** @type {Map<number, Map<string, Sum>>[]} */
  const shards = Array.from({ length: 64 }, () => new Map())
  const told = new Float64Array(64).fill(-Infinity)
  const stream = {
    name: definition.name,
    time: definition.time,
    /** @param {number} shard @param {import('../../src/pipelines/definition/reading-block.ts').ReadingBlock} block */
    process(shard, { count, device, metric, time, value }) {
      for (let i = 0; i < count; i++) {
        const end = (Math.floor(time[i] / MINUTE) + 1) * MINUTE
        if (end <= told[shard]) {
          counts.late(1)
          continue
        }
        const windows = shards[shard]
        const sums = windows.get(end) ?? new Map()
        windows.set(end, sums)
        const key = `${lookup.device(device[i])?.name ?? device[i]}/${lookup.metricName(metric[i])}`
        const sum = sums.get(key) ?? { n: 0, sum: 0 }
        sums.set(key, { n: sum.n + 1, sum: sum.sum + value[i] })
      }
    },
    /** @param {number} shard @param {number} watermark */
    advance(shard, watermark) {
      told[shard] = watermark
      for (const [end, sums] of shards[shard]) {
        if (end > watermark) continue
        shards[shard].delete(end)
        for (const [series, { n, sum }] of sums) {
          const origin = { time: end, device: 0, metric: 0, region: 0, tier: 0, id: `${series}:${end}` }
          outlet.item('out', { series, end, n, sum }, origin)
        }
      }
    },
    advanceCombined() {},
  }
  /** @param {number} _shard @param {readonly number[]} slices @param {(slice: number) => void} show */
  const together = (_shard, slices, show) => slices.forEach(show)
  return { stream, together, shared: null }
}
