import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { NOTE_REGISTRY } from '../../memory/layout/ring.layout.ts'
import { decodeChange, encodeChange, type RegistryChange } from '../../storage/registry/change.ts'
import type { RegistryStore } from '../../storage/registry/registry-store.ts'
import type { Directory } from '../directory.ts'
import type { Notes } from './notes.ts'

const RECOVERING =
  'devices and metrics cannot be changed while the engine takes in again what it had accepted before its last end'

const NO_ROOM =
  'devices and metrics cannot be changed while the journal has no room: its disk is full or fails'
const OWED =
  'a change of the registry could not be noted in the journal yet; until it is, no other one is taken'
const RETRY_MS = 5

export interface RegistryNotesParts {
  readonly directory: Directory
  readonly store: Pick<RegistryStore, 'put'>
  readonly notes: Pick<Notes, 'write' | 'offer'>
  readonly clock: Clock
  readonly onFailure: (error: unknown) => void
}

/**
 * Changes of the registry on their way to its store and, as notes, to the journal: there they are at their place before
 * the readings that depend on them. While there is no journal to note them in, nobody may make any: a change in the midst
 * of a replay would hold for readings that came before it, and the next replay would not know of it.
 */
export class RegistryNotes {
  readonly #directory: Directory
  readonly #store: RegistryNotesParts['store']
  readonly #notes: RegistryNotesParts['notes']
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  /** Changes that the journal had no room for. */
  readonly #owed: Uint8Array[] = []
  #isNoting = false

  constructor({ directory, store, notes, clock, onFailure }: RegistryNotesParts) {
    this.#directory = directory
    this.#store = store
    this.#notes = notes
    this.#clock = clock
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
    if (!this.#isNoting) return
    const text = encodeChange(change)
    if (this.#owed.length === 0 && this.#notes.write(NOTE_REGISTRY, text)) return
    this.#owed.push(text)
    if (this.#owed.length > 1) return
    this.#directory.hold(NO_ROOM)
    this.#onFailure(new MillraceError('storage-failed', OWED, { change }))
    this.#payLater()
  }

  #payLater(): void {
    this.#clock.after(RETRY_MS, () => this.#pay())
  }

  /** Writes what there was no room for, in its order; then changes are possible again. */
  #pay(): void {
    if (!this.#isNoting) return
    while (this.#owed.length > 0 && this.#notes.offer(NOTE_REGISTRY, this.#owed[0])) this.#owed.shift()
    if (this.#owed.length > 0) this.#payLater()
    else this.#directory.hold('')
  }
}
