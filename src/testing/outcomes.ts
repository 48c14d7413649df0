import type { Counts } from '../pipelines/runtime/counts.ts'
import type {
  DerivedReading,
  Origin,
  Outlet,
  PipelineAlert,
  PipelineDeadLetter,
} from '../pipelines/definition/outside.ts'

/** An alert that a pipeline raised or cleared. */
export interface TestAlert {
  readonly rule: string
  readonly key: string
  readonly clear: boolean
  readonly severity: PipelineAlert['severity']
  readonly message: string
  readonly value: number
  readonly time: number
}

/** An item that was given up. */
export interface TestDeadLetter {
  /** The stage that gave it up. */
  readonly stage: string
  readonly cause: string
  readonly item: unknown
}

/** Keeps what leaves the pipeline under test. */
export class Outcomes implements Outlet, Counts {
  readonly alerts: TestAlert[] = []
  readonly deadLetters: TestDeadLetter[] = []
  readonly readings: DerivedReading[] = []
  lateRows = 0
  readonly #items = new Map<string, unknown[]>()

  /** By node. */
  items(node: string): readonly unknown[] {
    return this.#items.get(node) ?? []
  }

  flush(): void {}

  item(node: string, item: unknown, _origin: Origin): void {
    const items = this.#items.get(node) ?? []
    items.push(item)
    this.#items.set(node, items)
  }

  alert({ rule, key, clear, pending, severity, message, value, origin }: PipelineAlert): void {
    if (pending) return
    this.alerts.push({ rule, key, clear, severity, message, value, time: origin.time })
  }

  reading(reading: DerivedReading): void {
    this.readings.push(reading)
  }

  deadLetter({ node, cause, item }: PipelineDeadLetter): void {
    this.deadLetters.push({ stage: node, cause, item })
  }

  late(rows: number): void {
    this.lateRows += rows
  }

  shown(): void {}
  failed(): void {}
  results(): void {}
}
