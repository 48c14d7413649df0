import type { AlertBook } from '../../alerts/alert-book.ts'
import { readNote } from '../../alerts/alert-notes.ts'
import type { AlertNews } from '../../alerts/alert-news.ts'
import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import type { DurabilityStats } from '../../core/stats.ts'
import type { PartRefusals } from '../../ingest/part-refusals.ts'
import { addToWord, observeCursor, publishCursor } from '../../memory/atomics.ts'
import * as M from '../../memory/layout/map.layout.ts'
import { CONTROL_REPLAYING } from '../../memory/layout/control.layout.ts'
import * as C from '../../memory/layout/counters.layout.ts'
import * as L from '../../memory/layout/ring.layout.ts'
import { SHARD_COUNT } from '../../memory/layout/series.layout.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import type { SpscFrameProducer } from '../../memory/rings/spsc-frame-ring.ts'
import { StorageFloor } from '../../memory/storage-floor.ts'
import { describeFinding, type Finding, isDamage } from '../../storage/journal/findings.ts'
import { JournalCounters } from '../../storage/journal/journal-counters.ts'
import { STORAGE_OK } from '../../storage/journal/storage-state.ts'
import type { Config } from '../config/config.ts'
import type { StreamShare } from '../pipelines/stream-snapshots.ts'
import type { Directory } from '../directory.ts'
import { EMBEDDING_RING } from '../sizing.ts'
import type { EgressDesk } from '../egress-desk.ts'
import type { EventDesk } from '../engine-events.ts'
import type { Foundation } from '../foundation.ts'
import type { IncidentDesk } from '../incident-desk.ts'
import type { GoneAlerts } from '../rules/gone-alerts.ts'
import type { AlertLog } from './alert-log.ts'
import { CheckpointThread } from './checkpoint-thread.ts'
import { Checkpoints } from './checkpoints.ts'
import type { Externalizer } from './externalizer.ts'
import { JournalThread } from './journal-thread.ts'
import { damagedFolderOf, type Kept } from './kept.ts'
import { openPatiently } from './patient-journal.ts'
import type { RegistryNotes } from './registry-notes.ts'
import { replayJournal } from './replay-thread.ts'

export interface DurabilityParts {
  readonly config: Config
  readonly foundation: Foundation
  readonly kept: Kept
  readonly clock: Clock
  readonly directory: Directory
  readonly alerts: AlertBook
  readonly alertNews: AlertNews
  readonly alertLog: AlertLog
  readonly goneAlerts: GoneAlerts
  readonly incidents: Pick<IncidentDesk, 'begin' | 'kept' | 'isReplaying'>
  readonly egress: EgressDesk
  readonly externalizer: Externalizer
  readonly events: EventDesk
  readonly registryNotes: RegistryNotes
  readonly partRefusals: PartRefusals
  /** Of the main thread's ring, which the replay writes first. */
  readonly producer: SpscFrameProducer
  readonly pipelines: { shares(): readonly StreamShare[] }
}

const ALL_TIERS = 4
const decoder = new TextDecoder()

/** What outlives the process: brings it back, then keeps journal and checkpoints going. */
export class Durability {
  /** Resolves when everything from before the last end is taken in again, and new readings are taken. */
  readonly ready: Promise<void>
  readonly #parts: DurabilityParts
  #journal: JournalThread | undefined
  #checkpoints: Checkpoints | undefined
  #unready = 'replaying 0 %'
  #replayed = 0
  #isClosing = false
  #run = 0
  #stopReplay: (() => Promise<unknown>) | undefined

  constructor(parts: DurabilityParts) {
    this.#parts = parts
    this.ready = this.#recover()
    // whoever closes the engine in the middle of a replay knows why that ended
    this.ready.catch((error: unknown) => this.#isClosing || this.#fail(error))
  }

  /** Why no readings are taken, or ''. */
  get unready(): string {
    if (this.#unready !== '') return this.#unready
    return this.#journal?.isRunning === true ? '' : 'the journal has failed'
  }

  get isReplaying(): boolean {
    return this.#unready.startsWith('replaying')
  }

  stats(): DurabilityStats {
    const { foundation, clock } = this.#parts
    const counters = new JournalCounters(foundation.memory, foundation.plan.at.control).read()
    const { status, refusedTiers, cause, message } = this.#journal?.state ?? STORAGE_OK
    const last = this.#checkpoints?.last
    return {
      storage: { status, refusedTiers, cause, message },
      journal: counters,
      replayed: this.#replayed,
      checkpoint:
        last === undefined
          ? null
          : { ...last, ageSeconds: Math.max(0, clock.epochMs() - last.createdMs) / 1000 },
      checkpointFailures: this.#checkpoints?.failures ?? 0,
    }
  }

  /** When everything accepted is processed: writes it down and lets the data directory go. */
  async close(): Promise<void> {
    const { kept, config } = this.#parts
    this.#isClosing = true
    await this.#stopReplay?.()
    await this.ready.catch(() => undefined)
    await this.#checkpoints?.end(config.shutdownTimeoutMs)
    await this.#journal?.stop()
    await kept.registry.close()
    kept.directory.close()
  }

  async #recover(): Promise<void> {
    const { foundation, kept, clock, alerts, alertNews, registryNotes, events, egress, externalizer } =
      this.#parts
    const { memory, plan } = foundation
    const startMs = clock.nowMs()
    for (const words of kept.damage) events.tell('warning', words)
    alerts.restore(kept.alerts, kept.alertKeeping, kept.closedAlerts)
    this.#parts.goneAlerts.begin()
    alerts.isReplaying = true
    this.#parts.incidents.isReplaying = true
    externalizer.replayedTo(
      observeCursor(memory.i32, placeOf.ringControl(plan, EMBEDDING_RING) + L.RING_JOURNAL_CURSOR),
    )
    alertNews.hold()
    if (!kept.isNew) this.#replayed = await this.#replay()
    await this.#awaitProcessed()
    egress.drain()
    this.#checkNothingRefused()
    await this.#startJournal()
    // the last records are safe now, too: what they have led to happens as part of the replay
    externalizer.replayedTo(undefined)
    egress.drain()
    alerts.isReplaying = false
    this.#parts.incidents.isReplaying = false
    registryNotes.begin()
    alerts.settle()
    this.#parts.goneAlerts.settle()
    alertNews.release()
    this.#startCheckpoints()
    this.#unready = ''
    publishCursor(memory.i32, plan.at.control + CONTROL_REPLAYING, 0)
    events.tell('recovered', { readings: this.#replayed, seconds: (clock.nowMs() - startMs) / 1000 })
  }

  async #replay(): Promise<number> {
    const { foundation, kept, externalizer } = this.#parts
    const { memory, module, plan } = foundation
    const manifest = kept.recovery.restored?.manifest
    const checkpoint =
      manifest === undefined
        ? undefined
        : { run: manifest.run, positions: manifest.shards.map(({ positions }) => positions) }
    const { journal: folder } = kept.directory
    const withLimits = this.#liftLimits()
    const { done, stop } = replayJournal(
      {
        ...{ memory: memory.memory, kernels: module, plan, folder, checkpoint },
        ...{
          damagedFolder: damagedFolderOf(kept.directory),
          namesFrom: kept.namesFrom,
          from: kept.replayFrom,
        },
      },
      {
        onProgress: (share, provenTo) => {
          this.#unready = `replaying ${Math.floor(share * 100)} %`
          externalizer.replayedTo(provenTo)
        },
        onNote: (kind, text) => this.#takeNote(kind, text),
        onFinding: (finding) => this.#tellFinding(finding),
        onPartRefusal: (refusal) => this.#parts.partRefusals.add(refusal),
      },
    )
    this.#stopReplay = stop
    try {
      return await done
    } finally {
      this.#stopReplay = undefined
      withLimits()
    }
  }

  /** What was accepted once is not looked at again: no rate, no admission, no tier that must leave room. */
  #liftLimits(): () => void {
    const { memory, plan } = this.#parts.foundation
    const words = [M.MAP_DEVICE_RATE, M.MAP_KNOWN_ONLY, M.MAP_RESERVES, ...RESERVES].map(
      (offset) => (plan.at.map + offset) >>> 2,
    )
    const before = words.map((word) => memory.u32[word])
    for (const word of words) memory.u32[word] = 0
    return () => {
      words.forEach((word, index) => (memory.u32[word] = before[index]))
      // with the next reading each series is looked up again, now under the rules
      for (let shard = 0; shard < SHARD_COUNT; shard++) addToWord(memory.i32, plan.at.epochs + 4 * shard, 1)
    }
  }

  #takeNote(kind: number, text: Uint8Array): void {
    const { alerts, alertNews, registryNotes } = this.#parts
    if (kind === L.NOTE_TOLD) alertNews.wasTold(decoder.decode(text))
    else if (kind === L.NOTE_ALERT) alerts.replayNote(readNote(decoder.decode(text)))
    else if (kind === L.NOTE_REGISTRY) registryNotes.replay(text)
  }

  #tellFinding(finding: Finding): void {
    const { events } = this.#parts
    const words = `journal: ${describeFinding(finding)}`
    if (isDamage(finding)) events.tell('failure', new MillraceError('storage-damaged', words, { ...finding }))
    else if (finding.kind !== 'void') events.tell('warning', words)
  }

  async #awaitProcessed(): Promise<void> {
    const { clock, egress, foundation } = this.#parts
    const { kernels, plan } = foundation
    const waiting = (): number =>
      [0, 1, 2, 3, 4].reduce((sum, track) => sum + kernels.countTrack(plan.at.map, track), 0)
    while (waiting() > 0) {
      egress.drain()
      await new Promise<void>((resolve) => clock.after(2, resolve))
    }
  }

  #checkNothingRefused(): void {
    const { memory, plan } = this.#parts.foundation
    const reasons = Array.from(
      { length: 16 },
      (_, reason) => memory.u32[(plan.at.routerCounters + C.ROUTER_REASONS + 8 * reason) >>> 2],
    )
    const refused = reasons.reduce((sum, count) => sum + count, 0)
    if (refused === 0) return
    throw new MillraceError(
      'bad-config',
      `${refused} readings of the journal have no room: raise limits.series or limits.backlogBytes to what they were`,
      { refused },
    )
  }

  async #startJournal(): Promise<void> {
    const { foundation, producer } = this.#parts
    const { memory, plan } = foundation
    // what is in the rings by now came from the journal
    for (let ring = 0; ring < plan.needs.rings; ring++) {
      const control = placeOf.ringControl(plan, ring)
      memory.f64[(control + L.RING_JOURNAL_POSITION) >>> 3] =
        memory.f64[(control + L.RING_ROUTE_POSITION) >>> 3]
      publishCursor(
        memory.i32,
        control + L.RING_JOURNAL_CURSOR,
        observeCursor(memory.i32, control + L.RING_ROUTE_CURSOR),
      )
    }
    producer.takeOver()
    const { clock, kept, events } = this.#parts
    const { journal, findings, run } = await openPatiently({
      ...{ clock, run: kept.run, start: (run) => this.#startThread(run) },
      isClosing: () => this.#isClosing,
      onRetry: (words) => {
        this.#unready = words
        events.tell('warning', words)
      },
    })
    this.#journal = journal
    this.#run = run
    for (const finding of findings) this.#tellFinding(finding)
  }

  #startThread(run: number): ReturnType<typeof JournalThread.start> {
    const { foundation, kept, config, events } = this.#parts
    return JournalThread.start(
      foundation,
      { folder: kept.directory.journal, run, ...config.fsync, ...config.journal },
      {
        onState: ({ status, message }) => {
          if (status !== 'ok') events.tell('warning', `storage is ${status}: ${message}`)
        },
        onEnd: (error) => this.#fail(error),
      },
    )
  }

  #startCheckpoints(): void {
    const { foundation, kept, config, clock, alerts, alertLog, egress, externalizer, events, partRefusals } =
      this.#parts
    const { directory, recovery, registry } = kept
    this.#checkpoints = new Checkpoints({
      thread: new CheckpointThread(foundation, {
        dataDir: directory.path,
        run: this.#run,
        damaged: recovery.damaged,
      }),
      ...{ clock, everyMs: config.checkpoint.everyMs, alerts, alertLog, egress, externalizer, registry },
      incidents: this.#parts.incidents,
      partRefusals,
      kernels: foundation.kernels,
      streams: () => this.#parts.pipelines.shares(),
      onFailure: (error) => events.tell('failure', error),
    })
  }

  /** Nothing becomes durable any more, so nothing is taken. */
  #fail(error: unknown): void {
    const { foundation, events, registryNotes } = this.#parts
    new StorageFloor(foundation.memory, foundation.plan.at.map).shed(ALL_TIERS)
    this.#unready = error instanceof Error ? error.message : String(error)
    registryNotes.end(this.#unready)
    events.tell('failure', error)
  }
}

const RESERVES = Array.from({ length: 4 }, (_, track) => M.MAP_RESERVES + 4 * (track + 1))
