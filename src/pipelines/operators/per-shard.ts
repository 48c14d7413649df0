import type { ShardState } from '../state/shard-state.ts'

/** What a stage sees a shard's state through, made once per shard and worker. Nothing is kept in it that is not in the state. */
export class PerShard<View extends { readonly state: ShardState }> {
  readonly #make: (state: ShardState) => View
  readonly #views = new WeakMap<ShardState, View>()
  #last: View | undefined

  constructor(make: (state: ShardState) => View) {
    this.#make = make
  }

  of(state: ShardState): View {
    if (this.#last?.state !== state) this.#last = this.#view(state)
    return this.#last
  }

  #view(state: ShardState): View {
    const view = this.#views.get(state) ?? this.#make(state)
    this.#views.set(state, view)
    return view
  }
}
