/** Compares the engine's state with the clients' own account: each acknowledged reading is in it, once. */
import type { Alert } from '../../src/core/alert.ts'
import type { Generation } from './generation.ts'
import type { Incarnation } from './killed-client.ts'
import { checksumsUpTo, SeriesAccount, timeOf } from './series-account.ts'
import type { Verdict } from './verdict.ts'

/** What the pipeline's ledger says of a device. */
interface Facts {
  readonly asked: number
  readonly count: number
  readonly sum: number
  readonly checksums: number
  readonly xor: number
  readonly doubled: number
  readonly lastDoubled: number
  readonly highest: number
  readonly missing: readonly number[]
  readonly missingCount: number
}

interface SeriesAnswer {
  readonly count: number
}

const FRAME_READINGS = 32

export async function compareLedgers(
  generation: Generation,
  question: number,
  verdict: Verdict,
): Promise<void> {
  const incarnations = generation.killed.incarnations
  const accounts = [...generation.series, ...incarnations.map(({ account }) => account)]
  const asked = accounts.filter(({ made }) => made > 0)
  const ledgers = await ask(generation, asked, question)
  for (const account of asked) {
    const facts = ledgers.get(account.deviceId)!
    const series = await seriesOf(generation, account)
    const incarnation = incarnations.find((one) => one.account === account)
    const say = (words: string): void => void verdict.problems.push(`${account.device}: ${words}`)
    // what no pipeline can process is in the series all the same
    if (series !== facts.count + account.poisoned.size)
      say(`the series counts ${series}, the ledger ${facts.count}, and ${account.poisoned.size} are poison`)
    if (incarnation !== undefined) comparePrefix(incarnation, facts, verdict, say)
    else compareAll(account, facts, verdict, say)
  }
}

type Say = (words: string) => void

function compareAll(account: SeriesAccount, facts: Facts, verdict: Verdict, say: Say): void {
  const { acknowledged, poisoned, sum, checksums, xor } = account
  verdict.readings += acknowledged
  compareDoubled(facts, verdict, say)
  const lost = facts.missingCount - poisoned.size
  const isPoison = facts.missing.every((index) => poisoned.has(index))
  if (lost > 0 || (!isPoison && poisoned.size === 0)) {
    verdict.lost += Math.max(1, lost)
    say(`${lost} readings of ${acknowledged} are lost, among ${facts.missing.join(', ')}`)
  }
  if (facts.doubled > 0 || lost > 0) return
  const isSame = facts.count === acknowledged && facts.sum === sum && facts.checksums === checksums
  if (isSame && facts.xor === xor && lost === 0) return
  verdict.lost++
  say(
    `not what was sent: ${JSON.stringify(facts)} against ${JSON.stringify({ acknowledged, sum, checksums, xor })}`,
  )
}

/** A killed client doesn't know what it had handed over: but what was stored is there, and nothing behind a gap. */
function comparePrefix(
  { account, sealed, acknowledged }: Incarnation,
  facts: Facts,
  verdict: Verdict,
  say: Say,
): void {
  verdict.readings += facts.count
  compareDoubled(facts, verdict, say)
  const least = Math.max(sealed, acknowledged)
  const lost = Math.max(facts.highest, least) - (facts.count - facts.doubled)
  if (lost > 0) {
    verdict.lost += lost
    say(
      `${lost} readings are lost: ${least} were stored, ${acknowledged} acknowledged: ${JSON.stringify(facts)}`,
    )
  } else if (facts.doubled === 0 && facts.checksums !== checksumsUpTo(account, facts.count)) {
    verdict.lost++
    say(`not what was sent: ${JSON.stringify(facts)}`)
  }
}

function compareDoubled({ doubled, lastDoubled }: Facts, verdict: Verdict, say: Say): void {
  if (doubled === 0) return
  verdict.doubled += doubled
  say(`${doubled} readings came twice, ${lastDoubled} last`)
}

async function seriesOf({ server }: Generation, { device, metric }: SeriesAccount): Promise<number> {
  const path = `/v1/series/${device}/${metric}`
  return (await server.get<SeriesAnswer>(path).catch(() => ({ count: 0 }))).count
}

/** Asks by readings, which go the way of all readings, and reads the answers from the alerts. */
async function ask(
  generation: Generation,
  accounts: readonly SeriesAccount[],
  question: number,
): Promise<Map<number, Facts>> {
  const questions = accounts.map((account) => ({
    ...{ series: new SeriesAccount(account.device, 'query'), index: question, value: account.made },
    poison: 0 as const,
  }))
  for (let at = 0; at < questions.length; at += FRAME_READINGS)
    generation.questions.push(questions.slice(at, at + FRAME_READINGS))
  let answers = new Map<number, Facts>()
  const areAllThere = async (): Promise<boolean> => {
    answers = answersOf(await generation.server.alerts('firing'), timeOf(question))
    return accounts.every(({ deviceId }) => answers.has(deviceId))
  }
  await generation.server.until(
    areAllThere,
    () => `answers of the ledger: ${answers.size} of ${accounts.length}`,
  )
  return answers
}

function answersOf(alerts: readonly Alert[], asked: number): Map<number, Facts> {
  const facts = alerts
    .filter(({ rule }) => rule === 'ledger')
    .map(({ series, message }) => [Number(BigInt(series) >> 16n), JSON.parse(message) as Facts] as const)
  return new Map(facts.filter(([, one]) => one.asked === asked))
}
