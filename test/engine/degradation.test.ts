/** All of degraded mode in one running engine: down the ladder while there is too much to do, and up again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import type { Engine } from '../../src/engine/engine.ts'
import type { LadderStep } from '../../src/scaling/degradation/ladder.ts'
import { copyOf } from './heard.ts'
import { counting } from './recorded.ts'
import { fixture, isIdle, startEngine, until } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-degradation-'))
afterAll(() => rmSync(folder, { recursive: true }))

const LADDER = [
  { do: 'longer-slices' as const, readings: 510 },
  { do: 'micro-batches' as const, readings: 510, delayMs: 50 },
  { do: 'no-early-results' as const },
  { do: 'pause-pipelines' as const, pipelines: ['optional'] },
  { do: 'sample-bulk' as const, keep: 4 },
]
const NAMES = [
  'longer-slices 510',
  'micro-batches 510 within 50 ms',
  'no-early-results',
  'pause-pipelines optional',
  'sample-bulk 1/4',
]

/** Sends as many at a time of each kind of device as there is room for. */
function send(engine: Engine, prefix: string, readings: number): void {
  const room = engine.writer().claim(readings)
  if (room === undefined) return
  for (let r = 0; r < readings; r++) room.set(r, deviceIdOf(`${prefix}-${r % 8}`), 1, r, undefined, 0, 0)
  room.commit()
}

/** What the engine has done since it was last asked. */
class Effects {
  /** The longest slice, and results before the end. */
  longest = 0
  early = 0
  readonly steps: LadderStep[] = []
  readonly #engine: Engine
  #before = { batches: 0, optional: 0, refused: 0 }

  constructor(engine: Engine) {
    this.#engine = engine
    engine.on('emit', ({ topic, data }) => {
      if (topic === 'length') this.longest = Math.max(this.longest, data as number)
      if (topic === 'hasty' && (data as { early: boolean }).early) this.early++
    })
    engine.on('degradation', (step) => this.steps.push(step))
  }

  get batches(): number {
    return this.#totals().batches - this.#before.batches
  }

  get optional(): number {
    return this.#totals().optional - this.#before.optional
  }

  since() {
    const { longest, early, batches, optional } = this
    const now = this.#totals()
    const refused = now.refused - this.#before.refused
    this.#before = now
    this.longest = this.early = 0
    return { longest, early, batches, optional, refused }
  }

  #totals() {
    const { pipelines, tiers } = this.#engine.stats()
    const of = (name: string) => pipelines.find((pipeline) => pipeline.name === name)
    const [batches, optional] = [of('hasty')?.velocity?.batches ?? 0, of('optional')?.readings ?? 0]
    return { batches, optional, refused: tiers.bulk.refused }
  }
}

describe('an engine that can have no more workers', () => {
  it('does without more and more, and takes all of it back', { timeout: 180_000 }, async () => {
    const engine = await startEngine({
      pipeline: fixture('lengths', { ms: 20 }),
      pipelines: ['hasty', 'optional'].map((name) => copyOf(folder, 'hasty', { name })),
      rules: [{ match: 'bulk-*', tier: 'bulk' }],
      pool: { min: 1, max: 2 },
      scaling: {
        pool: { scaleIn: { stabilisationMs: 0, cooldownMs: 0 } },
        degradation: { ...{ ladder: LADDER, downAfterMs: 1000, upAfterMs: 1000 }, severeWaitMs: 50 },
      },
    })
    const effects = new Effects(engine)
    await engine.ingest(
      ['plain', 'bulk'].flatMap((kind) =>
        counting(8).map((i) => ({ device: `${kind}-${i}`, metric: 'value', value: 0 })),
      ),
    )
    const depth = (): number => engine.scaling.state().degradation.depth
    const sending = (send: () => void, isSo: () => boolean, what: string): Promise<void> =>
      until(() => (send(), isSo()), what)
    const flood = (): void => ['plain', 'bulk'].forEach((kind) => send(engine, kind, 300))
    const trickle = (): void => ['plain', 'bulk'].forEach((kind) => send(engine, kind, 1))

    await sending(trickle, () => effects.early > 0, 'results before the end')
    for (let i = 0; i < 4; i++) send(engine, 'plain', 1500)
    await until(() => isIdle(engine), 'all is done')
    expect(effects.longest).toBeLessThanOrEqual(256)
    expect(effects.since()).toMatchObject({ batches: 0, refused: 0 })

    await sending(flood, () => depth() >= 1 && effects.longest > 256, 'longer slices')
    await sending(flood, () => depth() >= 2 && effects.batches > 0, 'batches')
    await sending(flood, () => depth() >= 4, 'no early results, and pipelines paused')
    // what was on its way when the steps were taken
    await sending(flood, () => depth() >= 5, 'a sample of bulk')
    await until(() => isIdle(engine), 'all is done')
    const { optional } = effects.since()
    expect(optional).toBeGreaterThan(0)
    send(engine, 'bulk', 400)
    send(engine, 'plain', 400)
    await until(() => isIdle(engine), 'all is done')
    const sampled = effects.since()
    expect(sampled).toMatchObject({ optional: 0, early: 0 })
    expect(sampled.refused).toBeGreaterThan(200)
    expect(sampled.refused).toBeLessThan(400)
    expect(engine.scaling.state().degradation.taken).toEqual(NAMES)

    await until(() => depth() === 0, 'all is taken back')
    expect(effects.steps.slice(-5).map(({ rung }) => rung)).toEqual(NAMES.toReversed())
    effects.since()
    send(engine, 'plain', 2000)
    send(engine, 'bulk', 400)
    await until(() => isIdle(engine), 'all is done')
    await until(() => effects.optional >= 2400, 'the pipeline is shown readings again')
    expect(effects.longest).toBeLessThanOrEqual(256)
    expect(effects.since()).toMatchObject({ batches: 0, refused: 0, optional: 2400 })
    await sending(trickle, () => effects.early > 0, 'results before the end again')
  })
})
