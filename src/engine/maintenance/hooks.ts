/** What begins the work of maintenance: webhooks and commands of the configuration, callbacks of the embedding program. */
import { MillraceError } from '../../core/errors.ts'
import { isDoneWithin } from '../../core/patience.ts'
import type { HookAnswer, HookCall, HookDoor } from '../../reservations/ports.ts'
import type { MaintenanceHookOptions } from '../config/options/maintenance.ts'
import { runCommand } from './command-hook.ts'
import { callWebhook, type WebhookPorts } from './webhook-hook.ts'

/** Does the work for a wave; it is done when this resolves, and has failed when it throws. */
export type MaintenanceCallback = (call: HookCall, signal: AbortSignal) => void | Promise<void>

export class Hooks implements HookDoor {
  readonly #options: ReadonlyMap<string, MaintenanceHookOptions>
  readonly #callbacks = new Map<string, MaintenanceCallback>()
  readonly #ports: WebhookPorts

  constructor(options: readonly MaintenanceHookOptions[], ports: WebhookPorts) {
    this.#options = new Map(options.map((hook) => [hook.name, hook]))
    this.#ports = ports
  }

  get names(): string[] {
    return [...new Set([...this.#options.keys(), ...this.#callbacks.keys()])]
  }

  /** Throws conflict where the name is of a webhook or a command, or taken. */
  register(name: string, callback: MaintenanceCallback): () => void {
    const configured = this.#options.get(name)
    if (this.#callbacks.has(name) || (configured !== undefined && configured.callback === undefined))
      throw new MillraceError('conflict', `there is a hook ${JSON.stringify(name)} already`)
    this.#callbacks.set(name, callback)
    return () => void this.#callbacks.delete(name)
  }

  outlives(hook: string): boolean {
    return this.#options.get(hook)?.webhook !== undefined
  }

  async start(call: HookCall, signal: AbortSignal): Promise<HookAnswer> {
    try {
      return await this.#start(call, signal)
    } catch (error) {
      return { status: 'FAILED', message: error instanceof Error ? error.message : String(error) }
    }
  }

  async #start(call: HookCall, signal: AbortSignal): Promise<HookAnswer> {
    const hook = this.#options.get(call.hook)
    if (hook?.webhook !== undefined)
      return callWebhook({ ...hook.webhook, timeout: hook.timeout }, call, signal, this.#ports)
    if (hook?.command !== undefined)
      return runCommand({ ...hook.command, timeout: hook.timeout }, call, signal, this.#ports)
    const callback = this.#callbacks.get(call.hook)
    if (callback === undefined)
      return { status: 'FAILED', message: `nobody has registered the callback ${JSON.stringify(call.hook)}` }
    await inTime(callback(call, signal), hook?.timeout ?? 0, this.#ports)
    return { status: 'SUCCEEDED', message: '' }
  }
}

async function inTime(work: void | Promise<void>, limitMs: number, { clock }: WebhookPorts): Promise<void> {
  if (limitMs === 0) return work
  if (!(await isDoneWithin(clock, limitMs, Promise.resolve(work))))
    throw new Error(`not done within ${limitMs} ms`)
}
