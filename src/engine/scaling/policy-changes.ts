/** What was changed of policies at run time, by pool. It is taken back, or stays over restarts. */
import type { PolicyOptions } from '../../scaling/policy/policy-options.ts'
import type { ScaledPoolOptions } from '../../scaling/scaled-pool.ts'
import { bothChanges, changedPolicy } from './policy-change.ts'

export interface PolicyChangesParts {
  /** As configured. */
  readonly pools: readonly Pick<ScaledPoolOptions, 'name' | 'policy'>[]
  /** From before the last end. */
  readonly kept: Readonly<Record<string, unknown>>
  readonly bounds: (pool: string) => { readonly min: number; readonly max: number }
  readonly onFailure: (error: unknown) => void
}

export class PolicyChanges {
  readonly #parts: PolicyChangesParts
  readonly #configured: ReadonlyMap<string, PolicyOptions>
  readonly #changes: Map<string, unknown>

  constructor(parts: PolicyChangesParts) {
    this.#parts = parts
    this.#configured = new Map(parts.pools.map(({ name, policy }) => [name, policy]))
    this.#changes = new Map(Object.entries(parts.kept))
  }

  /** Null = the pool goes by what is configured. */
  of(pool: string): unknown {
    return this.#changes.get(pool) ?? null
  }

  kept(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.#changes)
  }

  /** As configured, with what was changed before the last end, which the configuration may rule out by now: that is told. */
  first({ name, policy }: Pick<ScaledPoolOptions, 'name' | 'policy'>): PolicyOptions {
    const change = this.#changes.get(name)
    if (change === undefined) return policy
    try {
      return changedPolicy(policy, change, this.#parts.bounds(name))
    } catch (error) {
      this.#changes.delete(name)
      this.#parts.onFailure(error)
      return policy
    }
  }

  /** Returns what a policy with `options` goes by with the change. Throws `bad-request`. */
  change(pool: string, options: PolicyOptions, patch: unknown): PolicyOptions {
    const changed = changedPolicy(options, patch, this.#parts.bounds(pool))
    const before = this.#changes.get(pool)
    this.#changes.set(pool, before === undefined ? patch : bothChanges(before, patch))
    return changed
  }

  /** Returns what is configured, which the pool goes by again. */
  end(pool: string): PolicyOptions {
    this.#changes.delete(pool)
    return this.#configured.get(pool) as PolicyOptions
  }
}
