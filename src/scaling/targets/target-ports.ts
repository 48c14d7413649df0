/** The world as targets see it, and this machine as it. */
import { readFile } from 'node:fs/promises'
import { ambientRandom } from '../../core/ambient.ts'
import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { NodeRunner } from './command/node-runner.ts'
import type { CommandRunner } from './command/runner.ts'
import type { HttpExchange } from './http/exchange.ts'
import { NodeExchange } from './http/node-exchange.ts'

export interface TargetPorts {
  readonly clock: Clock
  readonly random: Random
  readonly http: HttpExchange
  readonly commands: CommandRunner
  readonly env: (name: string) => string | undefined
  readonly readText: (path: string) => Promise<string>
  /** Loads a package that is installed beside the engine, or not. */
  readonly load: (name: string) => Promise<unknown>
}

export const machinePorts = (clock: Clock): TargetPorts => ({
  ...{ clock, random: ambientRandom, http: new NodeExchange(), commands: new NodeRunner() },
  env: (name) => process.env[name],
  readText: (path) => readFile(path, 'utf8'),
  load: (name) => import(name) as Promise<unknown>,
})
