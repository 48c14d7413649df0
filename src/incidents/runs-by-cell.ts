import { type Cluster, type Group, rootOf, type Run } from './cluster.ts'
import type { GeohashGrid } from './geohash-grid.ts'

/** Cells whose neighbours are remembered. */
const MAX_AROUND = 4096

export interface RunsByCellOptions {
  readonly withinMs: number
  /** Runs there may be at the most. */
  readonly most: number
}

/** Where and when there have been anomalies: by group and cell, with the cluster that they belong to. */
export class RunsByCell {
  readonly #grid: GeohashGrid
  readonly #options: RunsByCellOptions
  readonly #around = new Map<number, readonly number[]>()
  #size = 0

  constructor(grid: GeohashGrid, options: RunsByCellOptions) {
    this.#grid = grid
    this.#options = options
  }

  get isFull(): boolean {
    return this.#size >= this.#options.most
  }

  /** The clusters that an anomaly there and then belongs to. */
  touched({ cells }: Group, cell: number, time: number): Cluster[] {
    const { withinMs } = this.#options
    const touched: Cluster[] = []
    for (const near of this.#cellsAround(cell)) {
      for (const { cluster, first, last } of cells.get(near) ?? []) {
        const root = rootOf(cluster)
        if (root.isDead || time < first - withinMs) continue
        if (root.identity !== undefined || time <= last + withinMs) touched.push(root)
      }
    }
    return touched
  }

  /** Notes that the cluster has an anomaly there and then: runs that are one by that become one. */
  extend(cluster: Cluster, cell: number, time: number): void {
    const { cells } = cluster.group
    const { withinMs } = this.#options
    const isTouched = (run: Run): boolean =>
      rootOf(run.cluster) === cluster &&
      time >= run.first - withinMs &&
      (cluster.identity !== undefined || time <= run.last + withinMs)
    const [run, ...others] = (cells.get(cell) ?? []).filter(isTouched)
    if (run === undefined) return this.#begin(cluster, cell, time)
    run.first = Math.min(run.first, time)
    run.last = Math.max(run.last, time)
    for (const other of others) {
      run.first = Math.min(run.first, other.first)
      run.last = Math.max(run.last, other.last)
    }
    if (others.length > 0) this.#drop(cells, cell, others)
  }

  place(run: Run): void {
    const { cells } = run.group
    const runs = cells.get(run.cell)
    if (runs === undefined) cells.set(run.cell, [run])
    else runs.push(run)
    this.#size++
  }

  /** Somebody has taken one out of its cell. */
  removed(): void {
    this.#size--
  }

  #begin(cluster: Cluster, cell: number, time: number): void {
    if (this.isFull) return
    const run: Run = { group: cluster.group, cell, cluster, first: time, last: time, isGone: false }
    cluster.runs.push(run)
    this.place(run)
  }

  #drop(cells: Group['cells'], cell: number, gone: readonly Run[]): void {
    for (const run of gone) run.isGone = true
    cells.set(
      cell,
      (cells.get(cell) ?? []).filter(({ isGone }) => !isGone),
    )
    this.#size -= gone.length
  }

  #cellsAround(cell: number): readonly number[] {
    let around = this.#around.get(cell)
    if (around !== undefined) return around
    if (this.#around.size >= MAX_AROUND) this.#around.clear()
    around = this.#grid.around(cell)
    this.#around.set(cell, around)
    return around
  }
}
