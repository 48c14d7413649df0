/** Many rounds, and the figures of all of them. */
import { cpSync, rmSync } from 'node:fs'
import { chanceOf } from '../../src/simulation/chance.ts'
import { TwinFeed } from './compare-twin.ts'
import { Generation } from './generation.ts'
import { DISK_ABILITIES } from './disk-faults.ts'
import { type PackedProgram, packProgram } from './packed-program.ts'
import { canCut, canMount, cuttableMedium, plainFolder, smallMedium } from './medium.ts'
import { type RoundResult, runRound } from './round.ts'
import { WallClock } from './wall-clock.ts'

export interface TortureOptions {
  /** Folder with the modules in its `dist`. */
  readonly root: string
  readonly rounds: number
  readonly seed: number
  /** The first round; a data directory begins with every ROUNDS_PER_DIRECTORY-th one. */
  readonly from: number
  readonly say: (words: string) => void
  readonly stopAtFirst?: boolean
  /** Kinds of faults; all unless given. */
  readonly only?: RegExp | undefined
}

export interface TortureReport {
  readonly isGood: boolean
  readonly rounds: number
  readonly readings: number
  readonly lost: number
  readonly doubled: number
  readonly damaged: number
  readonly faults: Readonly<Record<string, number>>
  readonly notRun: readonly string[]
  /** The first round with a problem. */
  readonly failedRound: number | undefined
  readonly problems: readonly string[]
}

const ROUNDS_PER_DIRECTORY = 12

export async function torture(options: TortureOptions): Promise<TortureReport> {
  const torture = new Torture(options)
  try {
    return await torture.run()
  } finally {
    await torture.close()
  }
}

class Torture {
  readonly #options: TortureOptions
  readonly #clock = WallClock.open()
  readonly #canMount = canMount()
  #program: PackedProgram | undefined
  #canCut = false
  readonly #faults: Record<string, number> = {}
  readonly #totals = { rounds: 0, readings: 0, lost: 0, doubled: 0, damaged: 0 }
  #directories = 0
  #generation: Generation | undefined
  #feed: TwinFeed | undefined
  /** Of earlier rounds on this directory. */
  #readingsBefore = 0

  constructor(options: TortureOptions) {
    this.#options = options
  }

  async run(): Promise<TortureReport> {
    const { rounds, seed, from, say, only = /./ } = this.#options
    this.#canCut = this.#canMount && (await canCut())
    this.#program = await packProgram(this.#options.root)
    const missing = this.#notRun()
    for (const words of missing) say(`not run: ${words}`)
    let failedRound: number | undefined
    const problems: string[] = []
    for (let round = from; round < from + rounds; round++) {
      if (this.#generation === undefined || round % ROUNDS_PER_DIRECTORY === 0) await this.#renew(round)
      const result = await runRound(this.#generation!, this.#feed!, chanceOf(seed, round), round + 1, only)
      this.#count(result)
      this.#tell(round, result)
      if (result.problems.length > 0) {
        failedRound ??= round
        problems.push(...result.problems)
        await this.#giveUp(round)
        if (this.#options.stopAtFirst) break
      } else if (result.isDamaged) await this.#end()
    }
    const isGood = failedRound === undefined && this.#totals.lost === 0 && this.#totals.doubled === 0
    this.#summarize()
    const { rounds: done, ...totals } = this.#totals
    return { isGood, rounds: done, ...totals, faults: this.#faults, notRun: missing, failedRound, problems }
  }

  async close(): Promise<void> {
    await this.#end()
    this.#clock?.close()
    this.#program?.remove()
  }

  async #renew(round: number): Promise<void> {
    await this.#end()
    const { seed } = this.#options
    const { root } = this.#program!
    const random = chanceOf(seed, round, 1)
    const medium = this.#drawMedium(random()) ?? plainFolder()
    this.#clock?.shift(0)
    const number = round
    this.#directories++
    this.#generation = new Generation({
      ...{ root, number, medium, clients: plainFolder(), clock: this.#clock, random },
    })
    this.#readingsBefore = 0
    await this.#generation.open()
    this.#feed = new TwinFeed(this.#generation)
  }

  #drawMedium(mark: number) {
    // where only power cuts are wanted, each has to be possible
    const wantsCuts = this.#options.only?.test('power cut') === true && !this.#options.only.test('disk full')
    if ((mark < 0.4 || wantsCuts) && this.#canCut) return cuttableMedium()
    return mark < 0.8 && this.#canMount ? smallMedium() : undefined
  }

  async #end(): Promise<void> {
    const generation = this.#generation
    this.#generation = undefined
    this.#feed?.close()
    await generation?.close()
    generation?.parts.medium.remove()
    generation?.parts.clients.remove()
  }

  /** Keeps what is there for whoever looks into it. */
  async #giveUp(round: number): Promise<void> {
    const { seed, say } = this.#options
    const generation = this.#generation!
    const kept = plainFolder()
    generation.server.said.slice(-10).forEach((one) => say(`    server: ${JSON.stringify(one)}`))
    await generation.close()
    rmSync(kept.path, { recursive: true, force: true })
    cpSync(generation.data, kept.path, { recursive: true })
    const first = round - (round % ROUNDS_PER_DIRECTORY)
    say(`    data directory: ${kept.path}`)
    say(`    again: npm run torture -- --seed ${seed} --from ${first} --rounds ${round - first + 1}`)
    await this.#end()
  }

  #count(result: RoundResult): void {
    const totals = this.#totals
    totals.rounds++
    totals.readings += result.readings - this.#readingsBefore
    this.#readingsBefore = result.readings
    totals.lost += result.lost
    totals.doubled += result.doubled
    totals.damaged += result.damaged
    for (const kind of result.faults) this.#faults[kind] = (this.#faults[kind] ?? 0) + 1
  }

  #tell(round: number, { faults, readings, lost, doubled, damaged, problems, times }: RoundResult): void {
    const losses = damaged > 0 ? `, ${damaged} destroyed and told` : ''
    const words = `${readings} readings so far, ${lost} lost, ${doubled} doubled${losses}`
    this.#options.say(`round ${round}: ${faults.join(' + ')}: ${words} (${times.join(', ')} ms)`)
    for (const problem of problems.slice(0, 12)) this.#options.say(`    ${problem}`)
  }

  #summarize(): void {
    const { seed, say } = this.#options
    const { rounds, readings, lost, doubled, damaged } = this.#totals
    say(`seed ${seed}, ${rounds} rounds on ${this.#directories} data directories, ${readings} readings`)
    for (const [kind, count] of Object.entries(this.#faults).sort((a, b) => b[1] - a[1]))
      say(`  ${String(count).padStart(5)} × ${kind}`)
    say(`lost ${lost}, doubled ${doubled}, destroyed on the medium and told of ${damaged}`)
  }

  #notRun(): string[] {
    const { strace, prlimit } = DISK_ABILITIES
    return [
      ...(this.#canMount ? [] : ['disk full, start on a disk that is read-only (mounting is not allowed)']),
      ...(this.#canCut ? [] : ['power cuts (no ext4 in an image, no loop mounts, or no ioctl by perl)']),
      ...(strace ? [] : ['fdatasync fails (no strace, or it may not attach)']),
      ...(prlimit ? [] : ['files may not grow (no prlimit)']),
      ...(this.#clock === undefined ? ['clock jump (no compiler, or preloading has no effect)'] : []),
    ]
  }
}
