/** Frames made beforehand: every series once, in an order without pattern, with positions and plausible values. */
import { deviceIdOf, seriesHigh, seriesLow } from '../../src/core/ids.ts'
import { seededRandom } from '../../src/core/random.ts'
import * as R from '../../src/memory/layout/reading.layout.ts'

const VALUE_METRIC = 1
const UNITS_PER_DEGREE = 1e7
const SEED = 7

export class FrameStock {
  readonly frames: number
  readonly readingsPerFrame: number
  readonly #bytes: Uint8Array
  readonly #order: Uint32Array

  constructor(series: number, readingsPerFrame: number) {
    const random = seededRandom(SEED)
    this.readingsPerFrame = readingsPerFrame
    this.frames = Math.floor(series / readingsPerFrame)
    this.#order = shuffled(series, random)
    this.#bytes = new Uint8Array(this.frames * readingsPerFrame * R.READING_BYTES)
    const view = new DataView(this.#bytes.buffer)
    for (let i = 0; i < this.frames * readingsPerFrame; i++) {
      const at = i * R.READING_BYTES
      const id = deviceIdOf(nameOf(this.#order[i]))
      view.setUint32(at, seriesLow(id, VALUE_METRIC), true)
      view.setUint32(at + 4, seriesHigh(id), true)
      view.setFloat64(at + R.READING_VALUE, 20 + random(), true)
      view.setInt32(at + R.READING_LAT, latOf(this.#order[i]) * UNITS_PER_DEGREE, true)
      view.setInt32(at + R.READING_LON, lonOf(this.#order[i]) * UNITS_PER_DEGREE, true)
    }
  }

  /** The bytes of frame `index`, which begins anew behind the last one. */
  frame(index: number): Uint8Array {
    const bytes = this.readingsPerFrame * R.READING_BYTES
    const at = (index % this.frames) * bytes
    return this.#bytes.subarray(at, at + bytes)
  }

  /** The same readings as JSON arrays. */
  messages(): string[] {
    const view = new DataView(this.#bytes.buffer)
    return Array.from({ length: this.frames }, (_, frame) => {
      const readings = Array.from({ length: this.readingsPerFrame }, (_, i) => {
        const index = frame * this.readingsPerFrame + i
        const device = this.#order[index]
        const value = view.getFloat64(index * R.READING_BYTES + R.READING_VALUE, true)
        return { device: nameOf(device), metric: 'value', value, lat: latOf(device), lon: lonOf(device) }
      })
      return JSON.stringify(readings)
    })
  }
}

const nameOf = (device: number): string => `dev-${device}`
const latOf = (device: number): number => ((device * 7919) % 170) - 85
const lonOf = (device: number): number => ((device * 104_729) % 360) - 180

function shuffled(count: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const swap = order[i]
    order[i] = order[j]
    order[j] = swap
  }
  return order
}
