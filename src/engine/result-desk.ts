/** The results of `callback` sinks on their way to the embedding program. What a listener throws is the sink's business. */
import type { ResultPort, SinkResult } from '../sinks/sink.ts'

export type ResultListener = (result: SinkResult) => unknown

export class ResultDesk implements ResultPort {
  readonly #listeners = new Set<ResultListener>()

  /** Returns what ends it. */
  on(listener: ResultListener): () => void {
    // so that the same function can listen twice
    const own: ResultListener = (result) => listener(result)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  isHeard(): boolean {
    return this.#listeners.size > 0
  }

  /** Resolves when all listeners have it; rejects if one doesn't take it. */
  async tell(result: SinkResult): Promise<void> {
    await Promise.all([...this.#listeners].map(async (listener) => listener(result)))
  }
}
