import { MillraceError } from '../../core/errors.ts'
import { NOTE_REGISTRY } from '../../memory/layout/ring.layout.ts'
import { decodeChange, encodeChange, type RegistryChange } from '../../storage/registry/change.ts'
import type { RegistryStore } from '../../storage/registry/registry-store.ts'
import type { Directory } from '../directory.ts'
import type { Notes } from './notes.ts'

/**
 * Changes of the registry on their way to its store and, as notes, to the journal: there they are at their place before
 * the readings that depend on them.
 */
export class RegistryNotes {
  readonly #directory: Directory
  readonly #store: RegistryStore
  readonly #notes: Notes
  readonly #onFailure: (error: unknown) => void
  #isNoting = false
  #isReplaying = false

  constructor(directory: Directory, store: RegistryStore, notes: Notes, onFailure: (error: unknown) => void) {
    this.#directory = directory
    this.#store = store
    this.#notes = notes
    this.#onFailure = onFailure
    directory.registry.onChange(({ device, removed }) =>
      this.#take(removed ? { kind: 'device-removed', name: device.name } : { kind: 'device', device }),
    )
    directory.dictionary.onChange((metric) => this.#take({ kind: 'metric', metric }))
  }

  /** From now on changes are noted in the journal. */
  begin(): void {
    this.#isNoting = true
  }

  /** Does a noted change again. */
  replay(text: Uint8Array): void {
    const change = decodeChange(text)
    const { registry, dictionary } = this.#directory
    this.#isReplaying = true
    if (change.kind === 'device') registry.adopt(change.device)
    else if (change.kind === 'device-removed') registry.delete(change.name)
    else if (change.kind === 'metric') dictionary.adopt(change.metric)
    this.#isReplaying = false
  }

  #take(change: RegistryChange): void {
    this.#store.put(change)
    if (!this.#isNoting || this.#isReplaying || this.#notes.write(NOTE_REGISTRY, encodeChange(change))) return
    this.#onFailure(
      new MillraceError('storage-failed', 'a change of the registry could not be noted in the journal', {
        change,
      }),
    )
  }
}
