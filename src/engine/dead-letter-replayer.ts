/** The ways back into an engine for what was given up. */
import type { Replayer } from '../observability/dead-letter-replay.ts'
import type { DeadReading } from '../observability/dead-letters.ts'
import type { SinkDesk } from '../sinks/sink-desk.ts'
import type { IngestResult } from './embedding/embedded-intake.ts'
import type { NotificationsDesk } from './notifications-desk.ts'
import type { ReadingInput } from './embedding/reading-input.ts'

export interface WaysBack {
  readonly ingest: (readings: readonly ReadingInput[]) => Promise<IngestResult>
  readonly sinks: SinkDesk
  readonly notifications: Pick<NotificationsDesk, 'replay'>
  /** Puts an item in at a node that is no sink; answers '' or why not. */
  readonly stage: Replayer['item']
}

export const replayerOf = ({ ingest, sinks, notifications, stage }: WaysBack): Replayer => ({
  reading: (reading) => again(reading, ingest),
  item: (pipeline, node, item, origin) =>
    notifications.replay(pipeline, node, item) || sinks.item(pipeline, node, item, origin)
      ? ''
      : stage(pipeline, node, item, origin),
})

/** Of a device that nobody has named only the number is known, by which nothing can be ingested. */
async function again(
  { device, metric, time, value }: DeadReading,
  ingest: WaysBack['ingest'],
): Promise<string> {
  if (device.startsWith('#')) return `the device ${device} has no name by which it could be taken in again`
  const { accepted, reason } = await ingest([{ device, metric, time, value }])
  return accepted === 1 ? '' : reason
}
