/**
 * Compares what became of the ordered client's readings with what becomes of them in a server to which nothing happens:
 * statistics, windows and alerts, to the last bit.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Alert } from '../../src/core/alert.ts'
import type { Generation } from './generation.ts'
import { Sender } from './sender.ts'
import { START_MS, STEP_MS } from './series-account.ts'
import type { Verdict } from './verdict.ts'

const FRAME_READINGS = 100
const RULE = 'anomaly'

/** Gives the twin what was acknowledged since the last time. */
export class TwinFeed {
  readonly #generation: Generation
  readonly #sender: Sender
  #given = 0

  constructor(generation: Generation) {
    this.#generation = generation
    this.#sender = new Sender({
      ...{ client: 'twin', port: () => generation.twin.port, window: 4, isText: false },
      next: () => this.#next(),
      onAcknowledged: () => undefined,
      onViolation: generation.violate,
    })
    this.#sender.isGenerating = true
  }

  async feed(): Promise<void> {
    const { twin, orderedLog } = this.#generation
    const isIdle = async (): Promise<boolean> => (await twin.stats()).account.inFlight === 0
    await twin.until(
      () => this.#given === orderedLog.length && this.#sender.isSettled,
      'all given to the twin',
    )
    await twin.until(isIdle, 'the twin is through')
  }

  close(): void {
    this.#sender.close()
  }

  #next() {
    const { orderedLog } = this.#generation
    if (this.#given === orderedLog.length) return undefined
    const readings = orderedLog.slice(this.#given, this.#given + FRAME_READINGS)
    this.#given += readings.length
    return readings
  }
}

export async function compareWithTwin(generation: Generation, verdict: Verdict): Promise<void> {
  const { server, twin, orderedSeries } = generation
  for (const { device, made } of orderedSeries) {
    if (made === 0) continue
    const path = `/v1/series/${device}/value`
    const [actual, expected] = await Promise.all([server.get(path), twin.get(path)])
    if (!isDeepStrictEqual(actual, expected))
      verdict.problems.push(`${device}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`)
  }
  const [actual, expected] = await Promise.all([openAlerts(generation, server), openAlerts(generation, twin)])
  for (const id of new Set([...actual.keys(), ...expected.keys()])) {
    const [here, there] = [actual.get(id), expected.get(id)]
    if (!isDeepStrictEqual(here, there))
      verdict.problems.push(`alert ${id}: ${JSON.stringify(here)} is not ${JSON.stringify(there)}`)
  }
  await compareTold(generation, verdict)
}

/** Open alerts of the ordered devices; whether they were raised in a replay is nothing that a twin knows. */
async function openAlerts(
  generation: Generation,
  server: Generation['server'],
): Promise<Map<string, Partial<Alert>>> {
  const alerts = (await server.alerts('firing')).filter((alert) => isOrdered(generation, alert))
  return new Map(
    alerts.map(({ replayed, ...alert }) => {
      if (replayed && !isOld(generation, alert.series, alert.startsAt, generation.life))
        generation.violate(`alert ${alert.id} is said to be replayed, and is not`)
      return [alert.id, alert]
    }),
  )
}

/** Everything that was told has been an alert of the twin's, and was told once in a life. */
async function compareTold(generation: Generation, verdict: Verdict): Promise<void> {
  const { twin, watch } = generation
  const known = new Map(
    [...(await twin.alerts('firing')), ...(await twin.alerts('resolved'))].map((one) => [one.id, one]),
  )
  const seen = new Set<string>()
  for (const { alert, change, life } of watch.told) {
    if (!isOrdered(generation, alert)) continue
    const expected = known.get(alert.id)
    if (expected === undefined) verdict.problems.push(`told of ${alert.id}, which the twin never raised`)
    if (change === 'resolved' && expected !== undefined && expected.endsAt !== alert.endsAt)
      verdict.problems.push(`told of the end of ${alert.id} at ${alert.endsAt}, not ${expected.endsAt}`)
    if (alert.replayed && !isOld(generation, alert.series, alert.startsAt, life))
      verdict.problems.push(`told of ${alert.id} as replayed in the life in which it was sent first`)
    const once = `${life} ${change} ${alert.id}`
    if (change !== 'updated' && seen.has(once)) verdict.problems.push(`told twice in a life: ${once}`)
    seen.add(once)
  }
}

const isOrdered = (
  { orderedSeries }: Generation,
  { rule, series }: Pick<Alert, 'rule' | 'series'>,
): boolean =>
  rule === RULE && orderedSeries.some(({ deviceId }) => deviceId === Number(BigInt(series) >> 16n))

/** Was the reading of that time sent before this life? */
function isOld({ firstSent }: Generation, series: string, time: number, life: number): boolean {
  const first = firstSent.get(`${BigInt(series) >> 16n} ${(time - START_MS) / STEP_MS}`)
  return first !== undefined && first < life
}
