import { join } from 'node:path'
import { type AlertKeeping, NOTHING_KEPT } from '../../alerts/alert-notes.ts'
import type { Alert } from '../../core/alert.ts'
import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { INTAKE_RECEIVED } from '../../ingest/intake-counters.ts'
import type { PartRefusal } from '../../ingest/part-refusals.ts'
import { ClientWindows } from '../../memory/client-windows.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import { CheckpointReader } from '../../storage/checkpoint/checkpoint-reader.ts'
import { type Recovery, restoreNewest } from '../../storage/checkpoint/restore-newest.ts'
import { type DataDirectory, openDataDirectory } from '../../storage/data-directory/data-directory.ts'
import { NodeDisk } from '../../storage/disk/node-disk.ts'
import { kernelRoom } from '../../storage/journal/checksum.ts'
import { lastRunOf, listSegments } from '../../storage/journal/segment.ts'
import { RegistryStore } from '../../storage/registry/registry-store.ts'
import { readSnapshot } from '../../storage/registry/snapshot.ts'
import type { Config } from '../config/config.ts'
import type { Foundation } from '../foundation.ts'
import { EMBEDDING_RING } from '../sizing.ts'
import type { KeptIncidents } from '../../incidents/incident-book.ts'
import { decodePartRefusals, encodePartRefusals } from './part-refusal-bytes.ts'

/** What was kept from before the engine's last end, in the memory again or at hand. */
export interface Kept {
  readonly directory: DataDirectory
  readonly registry: RegistryStore
  readonly recovery: Recovery
  readonly alerts: readonly Alert[]
  /** Those that had ended latest. */
  readonly closedAlerts: readonly Alert[]
  readonly incidents: KeptIncidents | undefined
  /** What was kept of their lives. */
  readonly alertKeeping: AlertKeeping
  /** What pipelines held: of each shard, and of all shards together. */
  readonly streams: readonly Uint8Array[]
  /** What the checkpoint knew of frames that were taken in part. */
  readonly partRefusals: readonly PartRefusal[]
  /** There is neither a checkpoint nor a journal. */
  readonly isNew: boolean
  /** The number of this start. */
  readonly run: number
  /** Where the journal is to be read from: for clients' names and what they were refused, and for everything. */
  readonly namesFrom: number
  readonly replayFrom: number
  /** What was not as it had been written, in words. */
  readonly damage: readonly string[]
}

/** What the main thread adds to a checkpoint. */
export interface MainExtras {
  readonly alerts: readonly Alert[]
  /** Checkpoints of earlier versions don't have these three. */
  readonly closedAlerts?: readonly Alert[]
  readonly incidents?: KeptIncidents | undefined
  readonly alertKeeping?: AlertKeeping
  /** Changes of the registry that its database has for sure. */
  readonly registryPosition: number
}

type Extras = ReadonlyMap<string, Uint8Array>

const decoder = new TextDecoder()
const EXTRA_ALERTS = 'main'
const FIRST_REGISTRY_BYTES = 1 << 20
export const EXTRA_REGISTRY = 'registry'
const EXTRA_CLIENTS = 'clients'
const EXTRA_PART_REFUSALS = 'part-refusals'
const EXTRA_NAMES = 'names'
/** What pipelines had put together of all shards. */
export const EXTRA_STREAMS = 'streams'

/**
 * Takes the data directory and brings back the newest checkpoint: before any thread runs, since nobody else may work in
 * the memory. Throws data-dir-in-use, storage-failed, storage-damaged, or bad-config when what was kept doesn't fit.
 */
export async function openKept(
  dataDir: string,
  foundation: Foundation,
  clock: Clock,
  onFailure: (error: MillraceError) => void,
): Promise<Kept> {
  const directory = openDataDirectory(dataDir, clock)
  try {
    const recovery = restore(dataDir, foundation, clock)
    const extras = recovery.restored?.extras
    const main = mainOf(extras?.get(EXTRA_ALERTS))
    const { store, damage } = await RegistryStore.open({
      ...{ folder: directory.registry, clock, onFailure },
      minPosition: main.registryPosition,
    })
    if (damage.some(({ what }) => what === 'database')) rebuild(store, extras?.get(EXTRA_REGISTRY))
    const replayFrom = recovery.restored?.manifest.replayFrom ?? 0
    const segments = listSegments(new NodeDisk(), directory.journal)
    return {
      ...{ directory, registry: store, recovery, alerts: main.alerts, replayFrom },
      closedAlerts: main.closedAlerts ?? [],
      incidents: main.incidents,
      alertKeeping: main.alertKeeping ?? NOTHING_KEPT,
      partRefusals: partRefusalsOf(extras),
      streams: [...(recovery.restored?.others ?? []), ...listOf(extras?.get(EXTRA_STREAMS))],
      isNew: recovery.restored === undefined && segments.length === 0,
      run: Math.max(lastRunOf(segments), runOf(recovery)) + 1,
      namesFrom: Number(textOf(extras?.get(EXTRA_NAMES)) || 0),
      damage: [
        ...recovery.damage.map(({ file, problem }) => `${file}: ${problem}`),
        ...damage.map(({ what, reason, quarantined }) => wordsFor(what, reason, quarantined)),
      ],
    }
  } catch (error) {
    directory.close()
    throw error
  }
}

function restore(dataDir: string, foundation: Foundation, clock: Clock): Recovery {
  const { memory, plan, kernels, module } = foundation
  const reader = new CheckpointReader(new NodeDisk(), dataDir, kernelRoom(module))
  const recovery = restoreNewest({ reader, memory, plan, kernels, clock })
  const { restored } = recovery
  if (restored === undefined) return recovery
  memory.f64[(placeOf.intakeCounters(plan, EMBEDDING_RING) >>> 3) + INTAKE_RECEIVED] += restored.waiting
  restoreClients(restored.extras, foundation, clock)
  return recovery
}

function restoreClients(extras: Extras, { memory, plan }: Foundation, clock: Clock): void {
  const saved = extras.get(EXTRA_CLIENTS)
  if (saved === undefined) return
  const windows = new ClientWindows(memory, plan.at.clients, plan.clientSlots)
  windows.load(saved)
  for (const { client, seq } of partRefusalsOf(extras)) windows.take(client, seq, clock.epochMs(), true)
}

const partRefusalsOf = (extras: Extras | undefined): PartRefusal[] =>
  decodePartRefusals(extras?.get(EXTRA_PART_REFUSALS) ?? new Uint8Array())

/** What the registry was at the checkpoint; what came after it is in the journal. */
function rebuild(store: RegistryStore, snapshot: Uint8Array | undefined): void {
  store.rebuild(snapshot === undefined ? { devices: [], metrics: [] } : readSnapshot(snapshot))
}

export function encodeExtras(
  main: MainExtras,
  partRefusals: Iterable<PartRefusal>,
): Record<string, Uint8Array> {
  return {
    [EXTRA_ALERTS]: Buffer.from(JSON.stringify(main)),
    [EXTRA_PART_REFUSALS]: encodePartRefusals(partRefusals),
  }
}

/** A piece at a time, with `rest` in between: the whole of a large fleet takes a second. */
export async function encodeRegistry(
  registry: Pick<RegistryStore, 'snapshot'>,
  rest: () => Promise<void>,
): Promise<Record<string, Uint8Array>> {
  let bytes = new Uint8Array(FIRST_REGISTRY_BYTES)
  let length = 0
  for (const piece of registry.snapshot()) {
    if (length + piece.length > bytes.length) bytes = enlarged(bytes, length + piece.length)
    bytes.set(piece, length)
    length += piece.length
    await rest()
  }
  return { [EXTRA_REGISTRY]: bytes.subarray(0, length) }
}

function enlarged(bytes: Uint8Array, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(2 * bytes.length, least))
  larger.set(bytes)
  return larger
}

function mainOf(bytes: Uint8Array | undefined): MainExtras {
  return bytes === undefined ? { alerts: [], registryPosition: 0 } : (JSON.parse(textOf(bytes)) as MainExtras)
}

const textOf = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : decoder.decode(bytes))

const listOf = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value])

const runOf = ({ restored }: Recovery): number => restored?.manifest.run ?? 0

const wordsFor = (what: string, reason: string, quarantined: string): string =>
  `the registry's ${what} was damaged (${reason})${quarantined === '' ? '' : `; it is now ${quarantined}`}`

/** Where bytes of the journal go that are no record. */
export const damagedFolderOf = ({ path }: DataDirectory): string => join(path, 'damaged')

/** The configuration with the tokens that are kept in the data directory. */
export const withKeptTokens = (config: Config, registry: RegistryStore): Config => ({
  ...config,
  auth: { tokens: [...config.auth.tokens, ...registry.loadTokens()] },
})
