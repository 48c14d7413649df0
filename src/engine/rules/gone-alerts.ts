/**
 * Alerts that nothing would ever end: their rule is not there any more, their pipeline has been removed, or what it knew of
 * them is lost. They are ended, and say why.
 */
import type { AlertBook } from '../../alerts/alert-book.ts'
import type { Alert, AlertEnd } from '../../core/alert.ts'
import { ofPipeline, ofRules } from '../pipelines/raised-by.ts'

/** The pipelines that run. */
export interface RunningRules {
  /** The rules whose alerts the pipeline raises; undefined when it doesn't run. */
  rulesOf(pipeline: string): ReadonlySet<string> | undefined
  /** It runs, but could not read what it held at the engine's last end. */
  hasLost(pipeline: string): boolean
}

export class GoneAlerts {
  readonly #book: AlertBook
  readonly #running: RunningRules
  /** Of restored alerts how often they had been raised. */
  #restored: ReadonlyMap<string, number> = new Map()

  constructor(book: AlertBook, running: RunningRules) {
    this.#book = book
    this.#running = running
  }

  /** Open alerts have been restored, and nothing has been taken in again yet. */
  begin(): void {
    this.#restored = new Map(this.#book.open().map(({ id, count }) => [id, count]))
  }

  /** Everything has been taken in again: ends what has no rule, and what its pipeline knows nothing of. */
  settle(): void {
    for (const alert of this.#book.open()) {
      const because = this.#reason(alert)
      if (because !== undefined) this.#end(alert, because)
    }
    this.#restored = new Map()
  }

  /** A rule is no more. */
  ruleRemoved(rule: string): void {
    for (const alert of this.#book.open()) if (alert.rule === rule) this.#end(alert, 'rule-removed')
  }

  /** A pipeline is no more, or begins anew. */
  pipelineForgotten(pipeline: string): void {
    const names = [ofPipeline(pipeline), ofRules(pipeline)]
    for (const alert of this.#book.open())
      if (alert.raisedBy !== undefined && names.includes(alert.raisedBy)) this.#end(alert, 'pipeline-removed')
  }

  /** A pipeline that doesn't run may be one that the program starts later; rules are all there from the beginning. */
  #reason({ id, rule, raisedBy, count }: Alert): AlertEnd | undefined {
    if (raisedBy === undefined) return undefined
    const pipeline = raisedBy.slice(raisedBy.indexOf(':') + 1)
    const rules = this.#running.rulesOf(pipeline)
    if (rules === undefined) return raisedBy === ofRules(pipeline) ? 'rule-removed' : undefined
    if (!rules.has(rule)) return 'rule-removed'
    return this.#running.hasLost(pipeline) && this.#restored.get(id) === count ? 'state-lost' : undefined
  }

  #end({ rule, series, key, updatedAt }: Alert, because: AlertEnd): void {
    this.#book.clear({ rule, series: BigInt(series), key, time: updatedAt, because })
  }
}
