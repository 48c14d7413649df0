/** The part of `GET /metrics` about the data directory: storage, journal, checkpoints, what a start has taken in again. */
import type { DurabilityStats } from '../core/stats.ts'
import type { Exposition, Sample } from './exposition.ts'

const STATUSES = ['ok', 'slow', 'failing'] as const

export function writeDurability(text: Exposition, stats: DurabilityStats): void {
  writeStorage(text, stats)
  writeJournal(text, stats)
  writeCheckpoint(text, stats)
  const { replayed } = stats
  text.counter('millrace_replayed_readings_total', 'Readings taken in again at the start.', replayed)
}

function writeStorage(text: Exposition, { storage: { status, refusedTiers } }: DurabilityStats): void {
  const states: Sample[] = STATUSES.map((one) => ({
    labels: { status: one },
    value: one === status ? 1 : 0,
  }))
  text.gauge('millrace_storage_status', '1 at the status that the storage has, 0 at the others.', states)
  text.gauge(
    'millrace_storage_refused_tiers',
    'Tiers refused for the storage, from the lowest.',
    refusedTiers,
  )
}

function writeJournal(text: Exposition, { journal }: DurabilityStats): void {
  const { records, bytes, commits, commitMs, longestCommitMs, failures, roomBytes, durableSequence } = journal
  text.counter('millrace_journal_records_total', 'Records made safe.', records)
  text.counter('millrace_journal_bytes_total', 'Bytes of those records, without headers.', bytes)
  text.counter('millrace_journal_commits_total', 'Group commits.', commits)
  text.counter(
    'millrace_journal_commit_seconds_total',
    'Time that commits took, together.',
    seconds(commitMs),
  )
  const longest = seconds(longestCommitMs)
  text.gauge('millrace_journal_commit_longest_seconds', 'Longest commit since the start.', longest)
  text.counter('millrace_journal_failures_total', 'Attempts to write or to sync that failed.', failures)
  text.gauge('millrace_journal_room_bytes', 'What the journal can still write.', roomBytes)
  const last = durableSequence
  text.gauge('millrace_journal_durable_sequence', 'Sequence number of the last safe record.', last)
}

/** Of the newest checkpoint; before the first one of this process there is only the count of failures. */
function writeCheckpoint(text: Exposition, { checkpoint, checkpointFailures }: DurabilityStats): void {
  const failures = checkpointFailures
  text.counter('millrace_checkpoint_failures_total', 'Checkpoints that were not completed.', failures)
  if (checkpoint === null) return
  const { number, bytes, ageSeconds, tookMs, longestPauseMs, longestHoldMs } = checkpoint
  text.gauge('millrace_checkpoint_number', 'Number of the newest checkpoint.', number)
  text.gauge('millrace_checkpoint_bytes', 'Bytes that it wrote.', bytes)
  text.gauge('millrace_checkpoint_age_seconds', 'Time since it was completed.', ageSeconds)
  text.gauge('millrace_checkpoint_duration_seconds', 'Time that it took.', seconds(tookMs))
  const pause = seconds(longestPauseMs)
  text.gauge('millrace_checkpoint_longest_pause_seconds', 'Longest that it held a shard.', pause)
  const hold = seconds(longestHoldMs)
  text.gauge('millrace_checkpoint_longest_hold_seconds', 'Longest that it held the router.', hold)
}

const seconds = (ms: number): number => ms / 1000
