import { describe, expect, it } from 'vitest'
import { ScalingRig } from './rig.ts'

describe('ScalingLoop', () => {
  it('follows the demand out at once and in when it has been less for the stabilisation window', async () => {
    const rig = await new ScalingRig().start()
    rig.gauge.demand = 1750
    await rig.seconds(1)
    expect(rig.target.units).toBe(5) // 3.5 for the demand at half load, 0.75 for what waits
    await rig.seconds(40)
    expect(rig.target.units).toBe(4)
    rig.gauge.demand = 100
    await rig.seconds(25)
    expect(rig.target.units).toBe(4)
    await rig.seconds(10)
    expect(rig.target.units).toBe(1)
  })
})
