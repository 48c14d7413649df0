/**
 * Bugs, planted in a copy of the built program: a harness that finds nothing proves something only if it finds these.
 * That nothing is flushed shows only in a power cut, so it is found only where power can be cut.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { torture, type TortureOptions } from './torture.ts'

interface Change {
  readonly file: string
  readonly from: string
  readonly to: string
}

interface PlantedBug {
  readonly words: string
  readonly changes: readonly Change[]
}

const RING = 'memory/rings/spsc-frame-ring.js'

export const PLANTED: readonly PlantedBug[] = [
  {
    words: 'frames are acknowledged when they are routed, before they are in the journal',
    changes: [
      {
        file: RING,
        from: 'const done = observeCursor(this.#memory.i32, this.#lastCursor);',
        to: 'const done = this.#routeCursor();',
      },
    ],
  },
  {
    words: 'a ring’s room is used again when it is routed, before it is in the journal',
    changes: [
      {
        file: RING,
        from: 'if (this.#used() + bytes <= limit)',
        to: 'if (this.heldBytes + bytes <= limit)',
      },
    ],
  },
  {
    words: 'repeated frames are taken again',
    changes: [{ file: 'memory/client-windows.js', from: "return 'repeated';", to: "return 'new';" }],
  },
  {
    words: 'the frames of clients are not kept in mind over a restart',
    changes: [
      {
        file: 'engine/durability/replay.js',
        from: 'this.#parts.clients.take(client, seq, this.#parts.clock.epochMs());',
        to: '',
      },
    ],
  },
  {
    words: 'a replay takes readings that are in the checkpoint already',
    changes: [
      {
        file: 'engine/durability/replay.js',
        from: 'isSameRun ? (checkpoint.positions[shard][ring] ?? 0) : 0',
        to: '0',
      },
    ],
  },
  {
    words: 'a checkpoint counts before the journal is durable up to it',
    changes: [
      {
        file: 'engine/durability/checkpoint-round.js',
        from: 'this.#awaitDurable(cursors);',
        to: '',
      },
    ],
  },
  {
    words: 'a record’s sum is not looked at',
    changes: [
      {
        file: 'storage/journal/segment-scan.js',
        from: 'window.show(offset, bytes) && this.#hasRightSum(offset, bytes)',
        to: 'window.show(offset, bytes) !== undefined',
      },
    ],
  },
  {
    words: 'alerts that are open are not in the checkpoint',
    changes: [
      {
        file: 'engine/durability/checkpoints.js',
        from: 'encodeExtras({ alerts, registryPosition',
        to: 'encodeExtras({ alerts: [], registryPosition',
      },
    ],
  },
  {
    words: 'changes of devices and metrics are not noted in the journal',
    changes: [
      {
        file: 'engine/durability/registry-notes.js',
        from: 'this.#notes.write(NOTE_REGISTRY, encodeChange(change))',
        to: 'true',
      },
    ],
  },
  {
    words: 'the journal’s files are not flushed',
    changes: [
      {
        file: 'storage/disk/node-disk-file.js',
        from: "fs.fdatasyncSync(this.#open('fdatasync'))",
        to: 'undefined',
      },
    ],
  },
]

/** Tries each (from the `from`th on) until the harness finds it; returns whether it found all. */
export async function findPlanted({ root, rounds, seed, from, say, only }: TortureOptions): Promise<boolean> {
  let hasFoundAll = true
  for (const bug of PLANTED.slice(from)) {
    const copy = plant(root, bug)
    try {
      const options = { root: copy, rounds, seed, from: 0, stopAtFirst: true, only }
      const report = await torture({ ...options, say: () => undefined })
      const isFound = report.failedRound !== undefined
      hasFoundAll &&= isFound
      const what = report.problems[0]?.split('\n')[0].slice(0, 160)
      say(
        isFound
          ? `found in round ${report.rounds}: ${bug.words} (${what})`
          : `NOT FOUND in ${rounds} rounds: ${bug.words}`,
      )
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
  }
  return hasFoundAll
}

/** A copy of the built program with the bug in it. */
export function plant(root: string, { words, changes }: PlantedBug): string {
  const copy = mkdtempSync(join(tmpdir(), 'millrace-planted-'))
  for (const name of ['dist', 'build', 'package.json', 'schemas'])
    cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const { file, from, to } of changes) {
    const path = join(copy, 'dist', file)
    const text = readFileSync(path, 'utf8')
    if (text.split(from).length !== 2) throw new Error(`${file} has not one ${from}: ${words}`)
    writeFileSync(path, text.replace(from, to))
  }
  return copy
}
