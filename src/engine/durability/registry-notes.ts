import { MillraceError } from '../../core/errors.ts'
import { NOTE_REGISTRY } from '../../memory/layout/ring.layout.ts'
import { decodeChange, encodeChange, type RegistryChange } from '../../storage/registry/change.ts'
import type { RegistryStore } from '../../storage/registry/registry-store.ts'
import type { Directory } from '../directory.ts'
import type { Notes } from './notes.ts'

const RECOVERING =
  'devices and metrics cannot be changed while the engine takes in again what it had accepted before its last end'

/**
 * Changes of the registry on their way to its store and, as notes, to the journal: there they are at their place before
 * the readings that depend on them. While there is no journal to note them in, nobody may make any: a change in the midst
 * of a replay would hold for readings that came before it, and the next replay would not know of it.
 */
export class RegistryNotes {
  readonly #directory: Directory
  readonly #store: RegistryStore
  readonly #notes: Notes
  readonly #onFailure: (error: unknown) => void
  #isNoting = false

  constructor(directory: Directory, store: RegistryStore, notes: Notes, onFailure: (error: unknown) => void) {
    this.#directory = directory
    this.#store = store
    this.#notes = notes
    this.#onFailure = onFailure
    directory.hold(RECOVERING)
    directory.registry.onChange(({ device, removed }) =>
      this.#take(removed ? { kind: 'device-removed', name: device.name } : { kind: 'device', device }),
    )
    directory.dictionary.onChange((metric) => this.#take({ kind: 'metric', metric }))
  }

  /** From now on changes are noted in the journal. */
  begin(): void {
    this.#isNoting = true
    this.#directory.hold('')
  }

  /** There is no journal any more to note them in. */
  end(reason: string): void {
    this.#isNoting = false
    this.#directory.hold(reason)
  }

  /** Does a noted change again. */
  replay(text: Uint8Array): void {
    const change = decodeChange(text)
    const { registry, dictionary } = this.#directory
    if (change.kind === 'device') registry.adopt(change.device)
    else if (change.kind === 'device-removed') registry.forget(change.name)
    else if (change.kind === 'metric') dictionary.adopt(change.metric)
  }

  #take(change: RegistryChange): void {
    this.#store.put(change)
    if (!this.#isNoting || this.#notes.write(NOTE_REGISTRY, encodeChange(change))) return
    this.#onFailure(
      new MillraceError('storage-failed', 'a change of the registry could not be noted in the journal', {
        change,
      }),
    )
  }
}
