/** One round: load, faults, recovery, and the comparison of what is there with what should be. */
import type { Random } from '../../src/core/random.ts'
import { compareLedgers } from './compare-ledgers.ts'
import { compareWithTwin, type TwinFeed } from './compare-twin.ts'
import { type Fault, moment } from './fault.ts'
import { drawFaults } from './faults.ts'
import type { Generation } from './generation.ts'
import { emptyVerdict, type Verdict } from './verdict.ts'

export interface RoundResult extends Verdict {
  readonly faults: readonly string[]
  /** Acknowledged readings have been destroyed: the data directory can't be compared any more. */
  readonly isDamaged: boolean
  /** Milliseconds from its start until the faults were over, all was acknowledged, all was compared. */
  readonly times: readonly number[]
}

const SETTLE_TIMEOUT_MS = 60_000
const DAMAGE = /damaged|missing|unfinished|behind/

export async function runRound(
  generation: Generation,
  feed: TwinFeed,
  random: Random,
  number: number,
  only: RegExp,
): Promise<RoundResult> {
  const verdict = emptyVerdict()
  const startMs = performance.now()
  const times: number[] = []
  const lap = (): void => void times.push(Math.round(performance.now() - startMs))
  const faults = drawFaults(generation, random, only)
  const isDamaged = faults.some((fault) => fault.isDamage)
  try {
    await load(generation, faults, random)
    lap()
    await settle(generation)
    lap()
    await compareLedgers(generation, number, verdict)
    if (isDamaged) excuse(generation, verdict)
    else {
      await feed.feed()
      await generation.changes.compare(generation.server, verdict)
      await compareWithTwin(generation, verdict)
    }
    await compareAccount(generation, verdict)
    lap()
  } catch (error) {
    verdict.problems.push(error instanceof Error ? error.message : String(error))
  }
  verdict.problems.push(...generation.violations.splice(0))
  return { ...verdict, faults: faults.map(({ kind }) => kind), isDamaged, times }
}

async function load(generation: Generation, faults: readonly Fault[], random: Random): Promise<void> {
  const { senders, killed } = generation
  for (const sender of senders) sender.isGenerating = true
  killed.go()
  for (const fault of faults) {
    await moment(60 + random() * 300)
    await fault.strike(generation, random)
  }
  await moment(30 + random() * 200)
  for (const sender of senders) sender.isGenerating = false
  killed.end()
}

async function settle(generation: Generation): Promise<void> {
  const { killed, server, changes } = generation
  const senders = [...generation.senders, changes.sender]
  await server.ready()
  const isSettled = (): boolean => senders.every((sender) => sender.isSettled) && killed.isSettled
  const waiting = (): string =>
    senders.flatMap((sender) => (sender.isSettled ? [] : [sender.waiting])).join('; ')
  await server.until(isSettled, () => `all acknowledged (${waiting()})`, SETTLE_TIMEOUT_MS)
  const isIdle = async (): Promise<boolean> => (await server.stats()).account.inFlight === 0
  await server.until(isIdle, 'all processed')
}

async function compareAccount({ server }: Generation, { problems }: Verdict): Promise<void> {
  let stats = await server.stats()
  await server.until(async () => stats.isExact || (stats = await server.stats()).isExact, 'exact figures')
  const { account } = stats
  const { received, accepted, refused, malformed, processed, inFlight, deadLettered, forwarded } = account
  const isBalanced = received === accepted + refused + malformed
  if (!isBalanced || accepted !== processed + inFlight + deadLettered + forwarded || malformed > 0)
    problems.push(`the account does not add up: ${JSON.stringify(account)}`)
}

/** What was destroyed on the medium may be lost, but not without a word. */
function excuse({ server }: Generation, verdict: Verdict): void {
  const isTold = server.said.some(({ message }) => DAMAGE.test(message ?? ''))
  if (verdict.doubled > 0 || (verdict.problems.length > 0 && !isTold)) return
  verdict.damaged = verdict.lost
  verdict.lost = 0
  verdict.problems.length = 0
}
