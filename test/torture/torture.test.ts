import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { torture } from './torture.ts'

// what counts is the long run by hand
const ROUNDS = Number(process.env.MILLRACE_ROUNDS ?? 20)
const SEED = Number(process.env.MILLRACE_SEED ?? 1)
const root = fileURLToPath(new URL('../..', import.meta.url))

describe('A tortured server', () => {
  it('has every acknowledged reading in its state, once', { timeout: 1_200_000 }, async () => {
    const lines: string[] = []
    const say = (words: string): void => {
      lines.push(words)
      // at once, for whoever ends it before all tests are over
      if (/^ {4}[^ \d]/.test(words)) console.error(words)
    }
    const report = await torture({ root, rounds: ROUNDS, seed: SEED, from: 0, say, stopAtFirst: true })
    expect(report, lines.join('\n')).toMatchObject({ rounds: ROUNDS, lost: 0, doubled: 0, problems: [] })
    expect(report.readings).toBeGreaterThan(ROUNDS * 100)
  })
})
