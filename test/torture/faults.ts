/** What is done to a running engine and its clients. Each leaves a server that runs, ready or on its way there. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../src/core/random.ts'
import { cutPower, DISK_FAULTS } from './disk-faults.ts'
import { crash, type Fault, moment } from './fault.ts'
import type { Generation } from './generation.ts'
import { damageTail, flipAcknowledged } from './journal-damage.ts'

/** Manifests are written last. */
const namesIn = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.manifest'))
    .join()

const always = (): boolean => true
const HOUR_MS = 3_600_000

export const FAULTS: readonly Fault[] = [
  { kind: 'kill -9', weight: 5, isPossible: always, strike: crash },
  {
    kind: 'kill -9 while it recovers',
    weight: 2,
    isPossible: always,
    async strike(generation, random) {
      await crash(generation)
      await moment(random() * 150)
      await crash(generation)
    },
  },
  {
    kind: 'kill -9 after a checkpoint',
    weight: 2,
    isPossible: always,
    async strike(generation) {
      const checkpoints = (): string => namesIn(join(generation.data, 'checkpoint'))
      const before = checkpoints()
      const untilMs = performance.now() + 2500
      while (checkpoints() === before && performance.now() < untilMs) await moment(1)
      await crash(generation)
    },
  },
  {
    kind: 'kill -9 in a surge',
    weight: 2,
    isPossible: always,
    async strike(generation, random) {
      generation.surge()
      await moment(random() * 150)
      await crash(generation)
    },
  },
  {
    kind: 'SIGTERM',
    weight: 1,
    isPossible: always,
    async strike(generation) {
      const code = await generation.server.stop()
      if (code !== 0) generation.violate(`SIGTERM: exit code ${code}: ${generation.server.log()}`)
      await generation.start()
    },
  },
  {
    kind: 'SIGSTOP',
    weight: 2,
    isPossible: always,
    async strike({ server }, random) {
      server.signal('SIGSTOP')
      await moment(200 + random() * 1600)
      server.signal('SIGCONT')
    },
  },
  {
    kind: 'worker crash',
    weight: 2,
    isPossible: always,
    async strike(generation, random) {
      generation.poison(2)
      await moment(random() * 300)
    },
  },
  {
    kind: 'worker throws',
    weight: 1,
    isPossible: always,
    async strike(generation, random) {
      generation.poison(1)
      await moment(random() * 100)
    },
  },
  {
    kind: 'worker hangs',
    weight: 0.3,
    isPossible: always,
    async strike(generation, random) {
      generation.poison(3)
      await moment(random() * 300)
    },
  },
  {
    kind: 'disk full',
    weight: 3,
    isPossible: ({ parts }) => parts.medium.fill !== undefined,
    async strike(generation, random) {
      const release = generation.parts.medium.fill!()
      if (random() < 0.6) generation.surge()
      await moment(100 + random() * 900)
      release()
    },
  },
  {
    kind: 'kill -9 on a full disk',
    weight: 1,
    isPossible: ({ parts }) => parts.medium.fill !== undefined,
    async strike(generation, random) {
      const release = generation.parts.medium.fill!()
      if (random() < 0.6) generation.surge()
      await moment(50 + random() * 700)
      await generation.server.kill()
      release()
      await generation.start()
    },
  },
  {
    kind: 'torn write',
    weight: 3,
    isPossible: always,
    async strike(generation, random) {
      await generation.server.kill()
      damageTail(generation, random)
      await generation.start()
    },
  },
  {
    kind: 'bit flip in what was acknowledged',
    weight: 0.4,
    isPossible: always,
    isDamage: true,
    async strike(generation, random) {
      await generation.server.kill()
      flipAcknowledged(generation, random)
      await generation.start()
    },
  },
  {
    kind: 'clock jump',
    weight: 2,
    isPossible: ({ parts }) => parts.clock !== undefined,
    async strike({ parts: { clock } }, random) {
      const hours = random() < 0.5 ? random() * 0.01 : random() * 48
      clock!.shift((random() < 0.5 ? -1 : 1) * hours * HOUR_MS)
    },
  },
  {
    kind: 'client killed',
    weight: 2,
    isPossible: always,
    async strike({ killed }) {
      await killed.kill()
      killed.start()
    },
  },
  {
    kind: 'connections cut',
    weight: 2,
    isPossible: always,
    async strike({ senders }) {
      for (const sender of senders) sender.cut()
    },
  },
  {
    kind: 'new device and metric, kill -9',
    weight: 1,
    isPossible: always,
    async strike(generation, random) {
      generation.isRegistering = true
      await moment(random() * 60)
      await crash(generation)
    },
  },
  {
    kind: 'device changed, kill -9 or power cut',
    weight: 2,
    isPossible: always,
    async strike(generation, random) {
      await generation.server.ready()
      await generation.changes.change(generation.server, random)
      const canCut = generation.parts.medium.cut !== undefined
      await (canCut && random() < 0.5 ? cutPower(generation) : crash(generation))
    },
  },
  ...DISK_FAULTS,
]

/** One to three different ones, of those whose kind is wanted. */
export function drawFaults(generation: Generation, random: Random, only: RegExp): Fault[] {
  const drawn: Fault[] = []
  const count = 1 + Math.floor(random() * 3)
  let left = FAULTS.filter((fault) => only.test(fault.kind) && fault.isPossible(generation))
  while (drawn.length < count && left.length > 0) {
    let mark = random() * left.reduce((sum, { weight }) => sum + weight, 0)
    const fault = left.find(({ weight }) => (mark -= weight) < 0) ?? left[0]
    drawn.push(fault)
    left = left.filter((other) => other !== fault)
  }
  // real damage ends what can be compared, so it comes last
  return drawn.sort((a, b) => Number(a.isDamage ?? false) - Number(b.isDamage ?? false))
}
