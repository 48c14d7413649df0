import type { Origin } from '../definition/outside.ts'
import type { Envelope } from '../runtime/operator.ts'

/** How a window's results become items; each is asked once at most. */
export interface ResultForms {
  readonly item: (result: KeyedResult) => unknown
  /** Without the parts of the key. */
  readonly brief: (result: KeyedResult) => object
  readonly origin: (result: KeyedResult) => Origin
  /** Names of the key's parts; undefined when others go by these as well. */
  readonly lacks: readonly string[] | undefined
}

export interface KeyedResult {
  readonly low: number
  readonly high: number
  readonly text: string | undefined
  readonly start: number
  readonly end: number
  readonly revision: number
  readonly early: boolean
  readonly values: readonly unknown[]
}

/**
 * A result on its way: what takes names to be looked up and texts to be put together is made when a stage asks for it, since
 * of many results few get past the first filter.
 */
export class ResultEnvelope implements Envelope {
  readonly #forms: ResultForms
  readonly #result: KeyedResult
  #item: unknown
  #brief: object | undefined
  #origin: Origin | undefined

  constructor(forms: ResultForms, result: KeyedResult) {
    this.#forms = forms
    this.#result = result
  }

  get item(): unknown {
    return (this.#item ??= this.#forms.item(this.#result))
  }

  get origin(): Origin {
    return (this.#origin ??= this.#forms.origin(this.#result))
  }

  get brief(): object {
    return (this.#brief ??= this.#forms.brief(this.#result))
  }

  get lacks(): readonly string[] | undefined {
    return this.#forms.lacks
  }
}
