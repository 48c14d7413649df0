/** Engines that keep what they are given, and what is left of them when they end without a word. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { endEachFile } from '../endings.ts'
import { startEngine } from './rig.ts'

const folders: string[] = []

// not after each test: engines are closed only then
endEachFile(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-durable-'))
  folders.push(folder)
  return join(folder, 'data')
}

/** Takes no checkpoint by itself, and one when it is closed. */
export const durable = (dataDir: string): ConfigInput => ({
  ...{ durability: 'journal', dataDir, journal: { segmentBytes: 1024 * 1024 } },
  checkpoint: { everyMs: 86_400_000 },
})

/** An engine that is ready. */
export async function startDurable(dataDir: string, config: ConfigInput = {}): Promise<Engine> {
  const engine = await startEngine({ ...durable(dataDir), ...config })
  await engine.ready
  return engine
}

/** The data directory as a process that is killed now leaves it. */
export function killedNow(dataDir: string): string {
  const copy = newFolder()
  cpSync(dataDir, copy, { recursive: true, filter: (path) => !basename(path).startsWith('engine.') })
  return copy
}
