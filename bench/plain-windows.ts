/** The same windows as one writes them without an engine: what bench/pipeline-windows.bench.ts compares with. */
import type { KeyedRows } from '../src/pipelines/runtime/keyed-rows.ts'

/** Takes rows in and, when told the time, gives the sum of its results' first values. */
export interface PlainWindows {
  take(rows: KeyedRows): void
  advance(watermark: number): number
}

interface Group {
  count: number
  sum: number
  min: number
  max: number
}

/** A Map by window, with a Map by group; nothing is shared, nothing can be undone, no row is late. */
class ByWindow<G> implements PlainWindows {
  readonly #sizeMs: number
  readonly #windows = new Map<number, Map<number, G>>()
  readonly #make: (value: number) => G
  readonly #add: (group: G, value: number) => void
  readonly #result: (group: G) => number

  constructor(
    sizeMs: number,
    make: (value: number) => G,
    add: (group: G, value: number) => void,
    result: (group: G) => number,
  ) {
    this.#sizeMs = sizeMs
    this.#make = make
    this.#add = add
    this.#result = result
  }

  take({ count, keyLow, time, inputs }: KeyedRows): void {
    for (let i = 0; i < count; i++) {
      const window = Math.floor(time[i] / this.#sizeMs)
      let groups = this.#windows.get(window)
      if (groups === undefined) this.#windows.set(window, (groups = new Map<number, G>()))
      const value = inputs[0][i]
      const group = groups.get(keyLow[i])
      if (group === undefined) groups.set(keyLow[i], this.#make(value))
      else this.#add(group, value)
    }
  }

  advance(watermark: number): number {
    let sum = 0
    for (const [window, groups] of this.#windows) {
      if ((window + 1) * this.#sizeMs > watermark) continue
      this.#windows.delete(window)
      for (const group of groups.values()) sum += this.#result(group)
    }
    return sum
  }
}

export const plainTumbling = (sizeMs: number): PlainWindows =>
  new ByWindow<Group>(
    sizeMs,
    (value) => ({ count: 1, sum: value, min: value, max: value }),
    (group, value) => {
      group.count++
      group.sum += value
      if (value < group.min) group.min = value
      if (value > group.max) group.max = value
    },
    ({ count }) => count,
  )

/** Readings kept per series; all of them looked through when a window ends. */
export class PlainSliding implements PlainWindows {
  readonly #sizeMs: number
  readonly #everyMs: number
  readonly #series = new Map<number, { time: number; value: number }[]>()
  #end = -Infinity

  constructor(sizeMs: number, everyMs: number) {
    this.#sizeMs = sizeMs
    this.#everyMs = everyMs
  }

  take({ count, keyLow, time, inputs }: KeyedRows): void {
    for (let i = 0; i < count; i++) {
      const reading = { time: time[i], value: inputs[0][i] }
      const readings = this.#series.get(keyLow[i])
      if (readings === undefined) this.#series.set(keyLow[i], [reading])
      else readings.push(reading)
    }
  }

  advance(watermark: number): number {
    const end = Math.floor(watermark / this.#everyMs) * this.#everyMs
    if (end === this.#end) return 0
    this.#end = end
    let sum = 0
    for (const [key, readings] of this.#series) {
      const kept = readings.filter(({ time }) => time >= end - this.#sizeMs)
      this.#series.set(key, kept)
      sum += this.#aggregate(kept, end)
    }
    return sum
  }

  #aggregate(readings: readonly { time: number; value: number }[], end: number): number {
    let [max, total, count] = [-Infinity, 0, 0]
    for (const { time, value } of readings) {
      if (time >= end) continue
      max = Math.max(max, value)
      total += value
      count++
    }
    return count === 0 || Number.isNaN(total / count) ? 0 : max
  }
}

const ACCURACY = 0.004
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
const MULTIPLIER = 1 / Math.log(GAMMA)
const CHUNK = 128

/** A plain DDSketch, after its paper: logarithmic bins by Math.log in an array that grows, of the same accuracy. */
class Sketch {
  readonly values = new Set<number>()
  #bins: number[] = []
  #offset = 0
  #zeros = 0
  #count = 0
  #min = Infinity
  #max = -Infinity

  add(value: number): void {
    this.values.add(value)
    this.#count++
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    if (value <= 0) this.#zeros++
    else {
      const index = this.#indexOf(Math.ceil(Math.log(value) * MULTIPLIER))
      this.#bins[index]++
    }
  }

  quantile(q: number): number {
    let left = q * (this.#count - 1) - this.#zeros
    if (left < 0) return 0
    for (let i = 0; i < this.#bins.length; i++) {
      left -= this.#bins[i]
      if (left < 0) return (2 * GAMMA ** (i + this.#offset)) / (1 + GAMMA)
    }
    return this.#max
  }

  #indexOf(key: number): number {
    if (this.#bins.length === 0) this.#offset = key - CHUNK / 2
    while (key < this.#offset) {
      this.#bins = [...new Array<number>(CHUNK).fill(0), ...this.#bins]
      this.#offset -= CHUNK
    }
    while (key - this.#offset >= this.#bins.length) this.#bins.push(...new Array<number>(CHUNK).fill(0))
    return key - this.#offset
  }
}

export const plainSketches = (sizeMs: number): PlainWindows =>
  new ByWindow<Sketch>(
    sizeMs,
    (value) => {
      const sketch = new Sketch()
      sketch.add(value)
      return sketch
    },
    (sketch, value) => sketch.add(value),
    (sketch) => sketch.values.size + sketch.quantile(0.99),
  )
