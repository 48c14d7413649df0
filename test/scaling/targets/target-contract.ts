/** What holds for a target of every kind, against a server that speaks as its provider does. */
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { systemClock } from '../../../src/core/clock.ts'
import { openTarget, targetOptions } from '../../../src/scaling/targets/target-kinds.ts'
import { machinePorts, type TargetPorts } from '../../../src/scaling/targets/target-ports.ts'
import type { Cloud, Fault } from './cloud.ts'

export type TargetInput = z.input<typeof targetOptions>

const PACE = { backoffMs: 1, minIntervalMs: 0, observeEveryMs: 0, retries: 2, unreachableAfter: 3 }

export const openFor = (input: TargetInput, ports: Partial<TargetPorts> = {}) =>
  openTarget('fleet', targetOptions.parse({ ...PACE, ...input }), {
    ...machinePorts(systemClock()),
    ...{ random: () => 0.5, env: () => undefined },
    ...ports,
  })

export function keepsTheContract(start: () => Promise<{ cloud: Cloud; options: TargetInput }>): void {
  const open = async (over: Partial<TargetInput> = {}) => {
    const { cloud, options } = await start()
    return { cloud, target: openFor({ ...options, ...over }) }
  }

  describe('as every target', () => {
    it('scales, and says what there is', async () => {
      const { cloud, target } = await open()
      cloud.most = 3
      expect(await target.observe()).toEqual({ desired: 1, ready: 1 })
      await target.scaleTo(5)
      expect(cloud).toMatchObject({ desired: 5, sizes: [5] })
      expect(await target.observe()).toEqual({ desired: 5, ready: 3 })
      cloud.ready = 5
      expect(await target.observe()).toEqual({ desired: 5, ready: 5 })
      await target.scaleTo(0)
      expect(await target.observe()).toEqual({ desired: 0, ready: 0 })
      await target.close()
    })

    it.each<Fault>(['busy', 'throttled', 'broken', 'hung-up'])('asks again when it is %s', async (fault) => {
      const { cloud, target } = await open()
      cloud.faults.push(fault)
      await target.scaleTo(4)
      expect(cloud.sizes).toEqual([4])
      const isThrottled = fault === 'throttled'
      expect(target.status()).toMatchObject({
        reachable: 'reachable',
        requests: { taken: 1, failed: 1, throttled: isThrottled ? 1 : 0 },
      })
      await target.close()
    })

    it('asks again when there is no answer in time', async () => {
      const { cloud, target } = await open({ timeoutMs: 500, retries: 20, unreachableAfter: 1000 })
      cloud.faults.push('silent')
      await target.scaleTo(4)
      expect(cloud.asked.length).toBeGreaterThan(1)
      expect(cloud.desired).toBe(4)
      await target.close()
    })

    it('does not ask again without the right to, and says so', async () => {
      const { cloud, target } = await open()
      cloud.faults.push('denied')
      await expect(target.scaleTo(4)).rejects.toMatchObject({
        code: 'target-failed',
        context: { kind: 'denied' },
      })
      expect(cloud.asked).toHaveLength(1)
      expect(cloud.sizes).toEqual([])
      cloud.faults.push('denied')
      await expect(target.observe()).rejects.toMatchObject({ context: { kind: 'denied' } })
      await target.close()
    })

    it('is unreachable when nothing answers, and back when something does', async () => {
      const { cloud, target } = await open()
      cloud.faults.push('hung-up', 'broken', 'hung-up')
      await expect(target.scaleTo(4)).rejects.toMatchObject({ code: 'target-failed' })
      expect(target.status().reachable).toBe('unreachable')
      await target.observe()
      expect(target.status().reachable).toBe('reachable')
      await target.close()
    })

    it('asks for no size in a dry run', async () => {
      const { cloud, target } = await open({ dryRun: true })
      await target.scaleTo(4)
      expect(cloud.asked).toEqual([])
      expect(await target.observe()).toEqual({ desired: 1, ready: 1 })
      expect(cloud.sizes).toEqual([])
      await target.close()
    })
  })
}
