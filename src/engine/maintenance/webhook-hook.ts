/**
 * A hook as an HTTP POST, signed as the sinks' webhooks are. An answer of 2xx means that the operation has begun; what
 * comes of it is reported to `reportUrl`. 4xx means that it is not done; anything else is tried again a few times.
 */
import type { Clock } from '../../core/clock.ts'
import type { Secret } from '../../core/secret.ts'
import { readSecret, type SecretPorts } from '../../core/secret.ts'
import type { HookAnswer, HookCall } from '../../reservations/ports.ts'
import { CLOSING } from '../../reservations/window-run.ts'
import type { Poster } from '../../sinks/webhook/poster.ts'
import { SIGNATURE_HEADER, signatureOf } from '../../core/outbound/signature.ts'

export interface WebhookPorts extends SecretPorts {
  readonly clock: Clock
  readonly poster: Poster
  /** Where this engine is reached from outside; '' = not known. */
  readonly externalUrl: string
}

interface WebhookOptions {
  readonly url: string
  readonly secret: Secret
  readonly allowPrivate: boolean
  readonly timeout: number
}

const SECRET_LENGTH = 16
const TRIES = 4
const FIRST_PAUSE_MS = 1000
const USUAL_TIMEOUT_MS = 30_000
const BUSY = [408, 425, 429]

/** Where whoever has the token reports. */
export const reportPath = (token: string): string => `/v1/maintenance/executions/${token}`

export async function callWebhook(
  options: WebhookOptions,
  call: HookCall,
  signal: AbortSignal,
  ports: WebhookPorts,
): Promise<HookAnswer> {
  const answer = await beginning(options, call, signal, ports)
  if (answer.status === 'IN_PROGRESS' && !signal.aborted)
    signal.addEventListener('abort', () => {
      // it goes on without this process
      if (signal.reason !== CLOSING) post(options, call, 'stop', undefined, ports).catch(() => undefined)
    })
  return answer
}

async function beginning(
  options: WebhookOptions,
  call: HookCall,
  signal: AbortSignal,
  ports: WebhookPorts,
): Promise<HookAnswer> {
  let message = ''
  for (let tried = 0; tried < TRIES && !signal.aborted; tried++) {
    if (tried > 0)
      await new Promise<void>((resolve) => ports.clock.after(FIRST_PAUSE_MS * 2 ** (tried - 1), resolve))
    try {
      const status = await post(options, call, 'start', signal, ports)
      if (status >= 200 && status < 300) return { status: 'IN_PROGRESS', message: '' }
      message = `the hook answered ${status}`
      if (status >= 400 && status < 500 && !BUSY.includes(status)) return { status: 'REJECTED', message }
    } catch (error) {
      message = (error as Error).message
    }
  }
  return { status: 'FAILED', message: message === '' ? 'called off' : message }
}

async function post(
  { url, secret, allowPrivate, timeout }: WebhookOptions,
  call: HookCall,
  event: 'start' | 'stop',
  signal: AbortSignal | undefined,
  ports: WebhookPorts,
): Promise<number> {
  const { clock, poster, externalUrl } = ports
  const reportUrl = `${externalUrl.replace(/\/$/, '')}${reportPath(call.token)}`
  const body = Buffer.from(JSON.stringify({ event, ...call, reportUrl }))
  const key = await readSecret(secret, SECRET_LENGTH, ports)
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'millrace',
    'idempotency-key': `${call.window}.${call.wave}.${event}`,
    ...(key === undefined ? {} : { [SIGNATURE_HEADER]: signatureOf(key, clock.epochMs(), body) }),
  }
  const limit = new AbortController()
  const cancel = clock.after(timeout === 0 ? USUAL_TIMEOUT_MS : timeout, () => limit.abort())
  const either = signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal])
  try {
    return (await poster.post({ url: new URL(url), headers, body, allowPrivate, signal: either })).status
  } finally {
    cancel()
  }
}
