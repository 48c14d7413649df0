/** Why a reading or a frame was refused; the index is what shared memory holds. */
export const REFUSAL_REASONS = [
  'none',
  'overload', // the tier's share of the memory for waiting readings is used up
  'ring', // the ingest ring stayed full for the configured wait
  'series-limit', // a new series beyond limits.series
  'unknown-device', // not in the registry, and admission is `known`
  'unknown-metric', // not in the metrics dictionary
  'rate', // over a configured rate of the device, tenant, address or connection
  'shutdown', // the engine is closing
  'replaying', // the engine is still taking in what it had accepted before its last end
  'sequence', // further behind its client's highest sequence number than repeated frames are recognised
  'storage', // the journal cannot keep up, or its disk is full or failing
  'sampled', // under severe shortage only a sample of bulk is taken: not to be sent again
] as const

export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** Why an input was malformed. The first ones are found reading by reading, by the route kernel. */
export const MALFORMED_CAUSES = [
  'none',
  'device', // device id 0
  'value', // not a finite number
  'position', // outside ±90 / ±180 degrees, or only half given
  'time', // negative or infinite
  'future', // further ahead of arrival than limits.timeAheadMs
  'frame', // not a valid FlatBuffers frame
  'json', // not valid JSON, or not of the documented shape
  'type', // a JSON member of the wrong type
  'size', // longer than limits.frameBytes
] as const

export type MalformedCause = (typeof MALFORMED_CAUSES)[number]
