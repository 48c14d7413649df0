/** The sinks of an engine: what they reach outside, and where they may keep what they cannot hand on. */
import { join } from 'node:path'
import { ambientRandom } from '../core/ambient.ts'
import type { Clock } from '../core/clock.ts'
import type { DeadLetters } from '../observability/dead-letters.ts'
import { NodeSinkDisk } from '../sinks/node-sink-disk.ts'
import type { OriginNames } from '../sinks/record.ts'
import type { ResultPort } from '../sinks/sink.ts'
import { SinkDesk } from '../sinks/sink-desk.ts'
import { NodePoster } from '../sinks/webhook/node-poster.ts'
import type { Directory } from './directory.ts'

export interface SinksOfEngine {
  readonly dataDir: string | null
  readonly clock: Clock
  readonly directory: Directory
  readonly results: ResultPort
  readonly deadLetters: DeadLetters
}

const FOLDER = 'sinks'

export function openSinks({ dataDir, clock, directory, results, deadLetters }: SinksOfEngine): SinkDesk {
  return new SinkDesk({
    clock,
    random: ambientRandom,
    disk: new NodeSinkDisk(),
    poster: new NodePoster(),
    print,
    results,
    env: (name) => process.env[name],
    names: namesOf(directory),
    spillFolder: dataDir === null ? null : join(dataDir, FOLDER),
    onDeadLetter: (pipeline, letter) => deadLetters.addItem(pipeline, letter),
  })
}

/** Waits until the text is gone, so that a slow reader doesn't fill the memory. */
const print = (text: string): Promise<void> =>
  new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())))

const namesOf = ({ dictionary, registry, regions }: Directory): OriginNames => ({
  metricName: (id) => dictionary.byId(id)?.name ?? `#${id}`,
  regionName: (index) => regions.names[index] ?? '',
  device: (id) => registry.getById(id),
})
