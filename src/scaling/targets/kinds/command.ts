/**
 * A program of the user's own, run once for each wish, without a shell: what is wished is in its environment and, as JSON,
 * on its input. If the last line that it writes is JSON with `ready`, that is what there is; else it is believed to have
 * done what it was run for. `status` is run to observe.
 */
import { z } from 'zod'
import type { TargetState } from '../../../core/scaling.ts'
import { stateSaid } from '../state-said.ts'
import { type TargetAdapter, TargetFailure } from '../target-adapter.ts'
import type { TargetPorts } from '../target-ports.ts'
import { text, whole } from '../values.ts'

const program = (description: string) =>
  z.strictObject({
    file: text(description, /^[^\0]+$/, 'a path, or a name that is found in PATH'),
    args: z
      .array(z.string().max(4096))
      .max(100)
      .default([])
      .meta({ description: 'Its arguments, as they are.', 'x-default': 'none' }),
  })

export const commandOptions = program('What is run to ask for a size.').extend({
  status: program('What is run to observe; its last line is `{"ready": 3}`, with `desired` if it knows.')
    .optional()
    .meta({ description: 'How it is observed.', 'x-default': 'it is not' }),
  assumed: whole(0, 1_000_000, 1, 'Units taken to be there until something else is said.'),
})

export type CommandOptions = z.output<typeof commandOptions>

/** As in sysexits.h: trying again later can help. */
const TEMPORARY = 75

export class CommandTarget implements TargetAdapter {
  readonly place: string
  readonly #target: string
  readonly #options: CommandOptions
  readonly #ports: TargetPorts
  #said: Partial<TargetState> = {}

  constructor(target: string, options: CommandOptions, ports: TargetPorts) {
    this.place = `command ${options.file}`
    this.#target = target
    this.#options = options
    this.#ports = ports
  }

  async scaleTo(units: number, signal: AbortSignal): Promise<void> {
    const said = await this.#run(this.#options, units, signal)
    this.#said = { ready: units, ...said }
  }

  async observe(wished: number | null, signal: AbortSignal): Promise<TargetState> {
    const { status, assumed } = this.#options
    const desired = wished ?? assumed
    if (status !== undefined) {
      const said = await this.#run(status, desired, signal)
      if (said.ready === undefined)
        throw new TargetFailure('invalid', `the last line of ${status.file} has no number in \`ready\``)
      this.#said = said
    }
    return { desired, ready: desired, ...this.#said }
  }

  close(): void {}

  async #run(
    { file, args }: { readonly file: string; readonly args: readonly string[] },
    desired: number,
    signal: AbortSignal,
  ): Promise<Partial<TargetState>> {
    const current = this.#said.ready ?? this.#options.assumed
    const what = { target: this.#target, desired, current }
    const env = {
      MILLRACE_TARGET: this.#target,
      MILLRACE_DESIRED: String(desired),
      MILLRACE_CURRENT: String(current),
    }
    const call = { file, args, env, input: `${JSON.stringify(what)}\n`, signal }
    const { exitCode, output, errors } = await this.#ports.commands.run(call).catch(notStarted)
    if (exitCode === 0) return stateSaid(lastLine(output))
    const said = lastLine(errors)
    const how = exitCode === null ? 'was ended by a signal' : `ended with ${exitCode}`
    const kind = exitCode === TEMPORARY ? 'busy' : 'unavailable'
    throw new TargetFailure(kind, `${file} ${how}${said === '' ? '' : `: ${said}`}`)
  }
}

/** A program that isn't there or may not be run has to be put right. */
function notStarted(error: NodeJS.ErrnoException): never {
  const isMissing = error.code === 'ENOENT' || error.code === 'EACCES'
  throw new TargetFailure(isMissing ? 'invalid' : 'unavailable', error.message)
}

const lastLine = (text: string): string => text.trimEnd().replace(/^.*\n/s, '')
