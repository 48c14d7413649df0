/** All kinds of sinks, and the check of what a definition says of one. */
import { z } from 'zod'
import { MillraceError } from '../core/errors.ts'
import { explain } from '../core/explain.ts'
import { callback } from './kinds/callback.ts'
import { consoleSink } from './kinds/console.ts'
import { file } from './kinds/file.ts'
import { subscribers } from './kinds/subscribers.ts'
import { webhook } from './kinds/webhook.ts'
import type { BufferOptions } from './buffer/buffer-options.ts'
import type { BatchShape, Sink, SinkKind, SinkPlace, SinkPorts } from './sink.ts'

export type SinkSpec = { readonly type: string } & Readonly<Record<string, unknown>>

/** A sink as its options say it, complete. */
export interface CheckedSink {
  readonly type: string
  readonly shape: BatchShape
  readonly buffer: BufferOptions
  open(ports: SinkPorts, place: SinkPlace): Sink
}

const KINDS: Readonly<Record<string, SinkKind>> = Object.fromEntries(
  [consoleSink, file, webhook, subscribers, callback].map((kind) => [kind.type, kind as SinkKind]),
)

/** The types of sinks there are. */
export const SINK_TYPES: readonly string[] = Object.keys(KINDS)

/** What is wrong with the options of a sink (path, value, what is allowed); undefined if nothing is. */
export function checkSink(spec: SinkSpec): string | undefined {
  const read = readSink(spec)
  return typeof read === 'string' ? read : undefined
}

/** Throws `bad-config` with what checkSink says. */
export function parseSink(spec: SinkSpec, where: string): CheckedSink {
  const read = readSink(spec)
  if (typeof read === 'string') throw new MillraceError('bad-config', `${where}: ${read}`, { where })
  return read
}

/** What is wrong with a secret is said without saying the secret. */
function withoutSecrets({ issues }: z.ZodError): z.ZodError {
  const shown = issues.map((issue) =>
    issue.path[0] === 'secret' ? { ...issue, input: '(not shown)' } : issue,
  )
  return new z.ZodError(shown as z.core.$ZodIssue[])
}

function readSink(spec: SinkSpec): CheckedSink | string {
  const kind = Object.hasOwn(KINDS, spec.type) ? KINDS[spec.type] : undefined
  if (kind === undefined)
    return `type: ${JSON.stringify(spec.type)} is not allowed; allowed: ${SINK_TYPES.join(', ')}`
  const result = kind.schema.safeParse(spec, { reportInput: true })
  if (!result.success) return explain(withoutSecrets(result.error), 'sink')
  const { data } = result
  const { buffer } = data as { readonly buffer: BufferOptions }
  return {
    type: kind.type,
    shape: kind.batch(data),
    buffer,
    open: (ports, place) => kind.open(data, ports, place),
  }
}
