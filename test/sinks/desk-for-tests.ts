/** Sinks with the real disk in a temporary folder, and time, results and output made up unless said otherwise. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../src/core/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { SinkNode } from '../../src/pipelines/definition/definition.ts'
import type { Origin, PipelineDeadLetter } from '../../src/pipelines/definition/outside.ts'
import type { OriginNames } from '../../src/sinks/record.ts'
import { NodeSinkDisk } from '../../src/sinks/node-sink-disk.ts'
import type { SinkResult } from '../../src/sinks/sink.ts'
import { SinkDesk, type SinkDeskParts } from '../../src/sinks/sink-desk.ts'
import type { SinkSpec } from '../../src/sinks/sink-kinds.ts'
import { NodePoster } from '../../src/sinks/webhook/node-poster.ts'
import { endEachTest } from '../endings.ts'

const folders: string[] = []
const desks: SinkDesk[] = []

endEachTest(async () => {
  for (const desk of desks.splice(0)) await desk.close(0)
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sinks-'))
  folders.push(folder)
  return folder
}

export const names: OriginNames = {
  metricName: (id) => `metric-${id}`,
  regionName: (index) => `region-${index}`,
  device: (id) => (id === 7 ? { name: 'pump-7', tenant: '', attributes: {} } : undefined),
}

export const originOf = (id: string, over: Partial<Origin> = {}): Origin => ({
  time: 1000,
  device: 7,
  metric: 2,
  region: 1,
  tier: 0,
  id,
  ...over,
})

export const sinkNode = (id: string, sink: SinkSpec, policy: Partial<SinkNode['policy']> = {}): SinkNode => ({
  kind: 'sink',
  id,
  inputs: ['source'],
  policy: { onError: 'dead-letter', retries: 0, timeoutMs: 5000, ...policy },
  sink,
})

export function deskOf(clock: Clock, over: Partial<SinkDeskParts> = {}) {
  const letters: PipelineDeadLetter[] = []
  const printed: string[] = []
  const results: SinkResult[] = []
  const desk = new SinkDesk({
    clock,
    random: seededRandom(1),
    disk: new NodeSinkDisk(),
    poster: new NodePoster(),
    print: async (text) => void printed.push(text),
    results: { isHeard: () => true, tell: (result) => results.push(result) },
    env: () => undefined,
    names,
    spillFolder: null,
    onDeadLetter: (_, letter) => letters.push(letter),
    ...over,
  })
  desks.push(desk)
  const give = (node: string, from: number, until: number): void => {
    for (let n = from; n < until; n++) desk.item('p', node, { n }, originOf(`i${n}`))
  }
  const open = (...nodes: SinkNode[]): Promise<void> => desk.open({ name: 'p', nodes })
  const statsOf = (node: string) => {
    const found = desk.stats().find((stats) => stats.node === node)
    if (found === undefined) throw new Error(`no sink ${node}`)
    return found
  }
  return { desk, letters, printed, results, give, open, statsOf }
}
