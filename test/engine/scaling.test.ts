import { describe, expect, it } from 'vitest'
import type { ScalingDecision } from '../../src/core/scaling.ts'
import { deviceIdOf } from '../../src/core/ids.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { kubernetes, KUBERNETES_TOKEN } from '../scaling/targets/kubernetes-server.ts'
import { fixture, isIdle, moment, startEngine, until } from './rig.ts'

/** Readings as long as they are wanted: more than one worker does. */
function feed(engine: Engine): () => Promise<void> {
  let isOver = false
  const running = (async () => {
    for (let i = 0; !isOver; i++) {
      const room = engine.writer().claim(500)
      if (room !== undefined) {
        for (let r = 0; r < 500; r++) room.set(r, deviceIdOf(`d${r}`), 1, i, undefined, 0, 0)
        room.commit()
      }
      await moment(5)
    }
  })()
  return () => {
    isOver = true
    return running
  }
}

describe('an engine whose pool follows the load', () => {
  it('adds workers while work waits and takes them away when there is none, and says why', async () => {
    const engine = await startEngine({
      pipeline: fixture('slow', { us: 50 }),
      pool: { min: 1, max: 3 },
      // what waits is worked through before the test ends
      limits: { backlogBytes: 2 * 1024 * 1024 },
      scaling: { pool: { scaleIn: { stabilisationMs: 1000, cooldownMs: 0 } } },
    })
    const { port } = await engine.listen()
    const heard: ScalingDecision[] = []
    engine.on('scaling', (decision) => heard.push(decision))
    const stop = feed(engine)
    await until(() => engine.stats().pool.size > 1, 'more workers')
    await until(() => engine.scaling.state().demand.length > 0, 'demand is shown')
    // all of them come from 0° N 0° E
    expect(engine.scaling.state().demand).toMatchObject([{ tier: 'standard', region: 'africa' }])
    const ask = async (path: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}${path}`)).text()
    expect(await ask('/metrics')).toMatch(
      /^millrace_scaling_arrivals_total\{tier="standard",region="africa"\} [1-9]/m,
    )
    expect(JSON.parse(await ask('/v1/scaling'))).toMatchObject({ demand: [{ region: 'africa' }] })
    await until(() => engine.scaling.state().pools[0].ready === engine.stats().pool.size, 'they are ready')
    await stop()
    await until(() => isIdle(engine) && engine.stats().pool.size === 1, 'one worker again')
    const grown = heard.find(({ from, to }) => to > from)
    expect(grown).toMatchObject({ pool: 'workers', policy: 'reactive', from: 1 })
    expect(grown?.reason).toMatch(/need \d.*; from 1 to \d/)
    expect(engine.scaling.decisions(1000).filter(({ effect }) => effect === 'asked').length).toBeGreaterThan(
      1,
    )
  })
})

describe('threads of the pool', () => {
  it('are kept loaded for a few workers more, and end where nobody needs them', async () => {
    const engine = await startEngine({ pool: { size: 1, max: 4, warm: 1, idleMs: 1000 } })
    const threads = (): number => engine.stats().pool.threads
    await until(() => threads() === 2, 'one is ready')
    await engine.setPoolSize(4)
    expect(threads()).toBe(4)
    await engine.setPoolSize(1)
    expect(threads()).toBe(4)
    await until(() => threads() === 2, 'two have ended')
    await engine.setPoolSize(3)
    expect(engine.stats().pool.size).toBe(3)
    await until(() => threads() === 4, 'one more is ready')
  })
})

describe('an engine with nodes beside it', () => {
  it('asks the target for them, and shows the policy but not what opens the target', async () => {
    const cloud = await kubernetes()
    const access = { url: cloud.url, token: KUBERNETES_TOKEN }
    const target = {
      kubernetes: { name: 'millrace', namespace: 'iot', ...access },
      ...{ minIntervalMs: 0, observeEveryMs: 0 },
    }
    const engine = await startEngine({ scaling: { nodes: { min: 2, max: 5, target } } })
    await until(() => cloud.desired === 2, 'as many as there are to be at least')
    await until(() => engine.scaling.state().pools[1].ready === 2, 'they are ready')
    engine.scaling.change({ min: 3 }, 'nodes')
    await until(() => cloud.desired === 3, 'one more')
    const told = engine.scaling.state()
    expect(told.pools[1]).toMatchObject({ pool: 'nodes', unit: 'node', min: 3, max: 5, problem: '' })
    expect(JSON.stringify(told)).not.toContain(KUBERNETES_TOKEN)
  })
})
