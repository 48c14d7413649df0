/** The alerts of an engine, and what of them goes into its journal. */
import { AlertBook } from '../../alerts/alert-book.ts'
import { type AlertNote, writeNote } from '../../alerts/alert-notes.ts'
import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { NOTE_ALERT } from '../../memory/layout/ring.layout.ts'
import { lifeCycleOf } from '../alert-options.ts'
import type { Config } from '../config/config.ts'
import type { Directory } from '../directory.ts'
import type { Notes } from '../durability/notes.ts'
import type { EventDesk } from '../engine-events.ts'

export function openAlertBook(
  config: Config,
  directory: Directory,
  clock: Clock,
  noteDown: ((note: AlertNote) => void) | undefined,
  incidentOf: (device: number) => string,
): AlertBook {
  return new AlertBook({
    clock,
    maxOpen: config.limits.openAlerts,
    history: config.limits.alertHistory,
    device: (id) => directory.registry.getById(id),
    metricName: (id) => directory.dictionary.byId(id)?.name,
    lifeCycle: lifeCycleOf(config.alerts),
    incidentOf,
    ...(noteDown && { noteDown }),
  })
}

/** What people and time do to alerts goes into the journal, for it doesn't follow from readings. */
export const noteAlert =
  (notes: Notes, events: EventDesk) =>
  (note: AlertNote): void => {
    if (notes.write(NOTE_ALERT, new TextEncoder().encode(writeNote(note)))) return
    const message = 'what was done to an alert could not be noted in the journal'
    events.tell('failure', new MillraceError('storage-failed', message, { note }))
  }
