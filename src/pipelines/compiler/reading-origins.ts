import type { Origin } from '../definition/outside.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'

/**
 * Origins of readings. The id is series and time, and of several equal ones in a block their number from the second on, so
 * that the same readings have the same ids when they are shown again.
 */
export class ReadingOrigins {
  readonly #seen = new Map<string, number>()

  /** A new block, or the same one for another output. */
  begin(): void {
    this.#seen.clear()
  }

  of(block: ReadingBlock, row: number): Origin {
    const { time, device, metric, region, tier } = block
    const name = `${device[row].toString(36)}.${metric[row]}.${time[row]}`
    const before = this.#seen.get(name) ?? 0
    this.#seen.set(name, before + 1)
    return {
      ...{ time: time[row], device: device[row], metric: metric[row], region: region[row], tier: tier[row] },
      id: before === 0 ? name : `${name}#${before}`,
    }
  }
}
