import { parentPort, workerData } from 'node:worker_threads'
import { MillraceError } from '../../core/errors.ts'
import { reportOf } from '../result/report.ts'
import { Past } from './past.ts'
import { simulate } from './simulation.ts'
import type { SwarmAnswer, SwarmOrder } from './swarm-thread.ts'

const port = parentPort!
const { scenario, forecasts } = workerData as SwarmOrder
const past = new Past(scenario)

async function play(seed: number): Promise<SwarmAnswer> {
  try {
    const outcome = await simulate(scenario, { seed, timeline: false, forecasts, past })
    return { kind: 'played', report: reportOf(outcome) }
  } catch (error) {
    const code = error instanceof MillraceError ? error.code : 'internal'
    const message = code === 'internal' ? String((error as Error).stack) : (error as Error).message
    return { kind: 'failed', code, message }
  }
}

port.on('message', (seed: number) => void play(seed).then((answer) => port.postMessage(answer)))
