import type { CheckpointDamage } from './checkpoint-folder.ts'
import type { CheckpointReader } from './checkpoint-reader.ts'
import { bytesOf, filesOf, lowestPositions, type Manifest, seriesOf, waitingIn } from './manifest.ts'

/** One checkpoint, after all of it has been read. */
export interface SurveyedCheckpoint {
  readonly number: number
  readonly createdMs: number
  readonly ageMs: number
  readonly series: number
  /** Readings that waited in lanes. */
  readonly waiting: number
  readonly bytes: number
  /** Data files that it needs: its own, and those that it builds on. */
  readonly files: readonly number[]
  readonly run: number
  /** Of each ring, in that run: everything before is in the checkpoint. */
  readonly positions: readonly number[]
  /** The journal is needed from this record on. */
  readonly replayFrom: number
  readonly extras: readonly { readonly name: string; readonly bytes: number }[]
  readonly damage: CheckpointDamage | null
}

export interface CheckpointSurvey {
  /** Newest first. */
  readonly checkpoints: readonly SurveyedCheckpoint[]
  /** Manifests that can't be read. */
  readonly damage: readonly CheckpointDamage[]
  readonly isDamaged: boolean
}

/** Reads all that is there. What an engine replaces meanwhile is left out. */
export function surveyCheckpoints(reader: CheckpointReader, nowMs: number): CheckpointSurvey {
  const { manifests, damage } = reader.list()
  const checkpoints = manifests.flatMap((manifest) => {
    const found = reader.verify(manifest)
    return found !== undefined && !reader.isThere(manifest) ? [] : [surveyOf(manifest, found ?? null, nowMs)]
  })
  const isDamaged = damage.length > 0 || checkpoints.some(({ damage }) => damage !== null)
  return { checkpoints, damage, isDamaged }
}

function surveyOf(manifest: Manifest, damage: CheckpointDamage | null, nowMs: number): SurveyedCheckpoint {
  const { number, createdMs, run, replayFrom, extras, shards } = manifest
  return {
    ...{ number, createdMs, ageMs: nowMs - createdMs, series: seriesOf(manifest) },
    ...{
      waiting: waitingIn(manifest),
      bytes: bytesOf(manifest),
      files: [...filesOf(manifest)].sort(ascending),
    },
    ...{ run, positions: lowestPositions(shards), replayFrom, damage },
    extras: extras.map(({ name, bytes }) => ({ name, bytes })),
  }
}

const ascending = (a: number, b: number): number => a - b
