/**
 * The rate of an engine while it takes checkpoints beside its rate in between, under one load, so that both are of the
 * same minute; and how long a shard has stood still for one.
 */
import type { Stats } from '../../src/core/stats.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import { LoadProcess } from './load-process.ts'
import { pause, until } from './pause.ts'
import { type ServedEngine, withEngine } from './served-engine.ts'
import { accountCheck, loadOptionsOf, type LoadShape, measureUnder } from './sustained.ts'

export interface CheckpointedRate {
  /** Readings per second. */
  readonly during: number
  readonly between: number
  readonly longestPauseMs: number
  readonly check: string
}

interface Look {
  readonly atMs: number
  readonly processed: number
}

interface Span {
  readonly number: number
  readonly fromMs: number
  readonly toMs: number
  readonly longestPauseMs: number
}

const FIRST_PASS_MS = 120_000
const LOOK_EVERY_MS = 200
const WITHIN_MS = 300_000
const LOOKS_AFTERWARDS = 5

/** Measured from when every series has been seen until `count` more checkpoints are done. */
export function checkpointedRate(
  shape: LoadShape,
  count: number,
  config: ConfigInput,
): Promise<CheckpointedRate> {
  return withEngine(config, async (engine) => {
    await until('ready', FIRST_PASS_MS, LOOK_EVERY_MS, () => engine.isReady())
    const load = new LoadProcess(engine.url, loadOptionsOf(shape))
    const rates = await measureUnder(load, () => measure(engine, shape.series, count))
    const report = await load.stop()
    return { ...rates, check: accountCheck(await engine.settled(), report) }
  })
}

async function measure(engine: ServedEngine, series: number, count: number) {
  await until('every series seen', FIRST_PASS_MS, LOOK_EVERY_MS, async () => {
    return (await engine.stats()).series >= series
  })
  const looks: Look[] = []
  const look = async (): Promise<Stats> => {
    const stats = await engine.stats()
    looks.push({ atMs: Date.now(), processed: stats.account.processed })
    return stats
  }
  const spans = new Map<number, Span>()
  const before = (await look()).durability?.checkpoint?.number ?? 0
  await until('checkpoints taken', WITHIN_MS, LOOK_EVERY_MS, async () => {
    const span = spanOf(await look())
    if (span !== undefined) spans.set(span.number, span)
    return spans.size - (spans.has(before) ? 1 : 0) >= count
  })
  for (let i = 0; i < LOOKS_AFTERWARDS; i++) await pause(LOOK_EVERY_MS).then(look)
  const taken = [...spans.values()]
  return {
    during: rateOf(looks, (fromMs, toMs) => taken.some((s) => fromMs >= s.fromMs && toMs <= s.toMs)),
    between: rateOf(looks, (fromMs, toMs) => !taken.some((s) => fromMs < s.toMs && toMs > s.fromMs)),
    longestPauseMs: Math.max(
      ...taken.filter(({ number }) => number > before).map(({ longestPauseMs }) => longestPauseMs),
    ),
  }
}

function spanOf({ durability }: Stats): Span | undefined {
  const last = durability?.checkpoint
  if (!last) return undefined
  const { number, ageSeconds, tookMs, longestPauseMs } = last
  const toMs = Date.now() - 1000 * ageSeconds
  return { number, fromMs: toMs - tookMs, toMs, longestPauseMs }
}

/** Over the times between two looks that are of one kind. */
function rateOf(looks: readonly Look[], isOfKind: (fromMs: number, toMs: number) => boolean): number {
  let ms = 0
  let readings = 0
  for (let i = 1; i < looks.length; i++) {
    const [from, to] = [looks[i - 1], looks[i]]
    if (!isOfKind(from.atMs, to.atMs)) continue
    ms += to.atMs - from.atMs
    readings += to.processed - from.processed
  }
  return (1000 * readings) / ms
}
