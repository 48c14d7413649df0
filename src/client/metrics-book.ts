import { MillraceError, type ErrorCode } from '../core/errors.ts'
import type { Settings } from './options.ts'

const RETRY_MS = 1000
/** Statuses by which a server says: not now; 0 = it was not reached. */
const NOT_NOW = [0, 408, 429, 502, 503, 504]

export interface MetricsBook {
  /** Number of a metric, undefined = not known yet. */
  idOf(name: string): number | undefined
  /** Asks the server until it says the number, or refuses for good; adds the metric where it is missing. */
  learn(name: string): Promise<void>
}

/** Numbers of metrics by name: those given by the program, then those of the server's dictionary, read when needed. */
export function newMetricsBook(
  { url, token, metrics, clock, fetch }: Settings,
  isClosing: () => boolean,
): MetricsBook {
  const ids = new Map(Object.entries(metrics))
  const dictionary = `${url.origin.replace('ws', 'http')}/v1/metrics-dictionary`

  async function call(method: string, name: string): Promise<void> {
    const target = dictionary + name
    let status = 0
    try {
      const bearer = await token()
      const headers = {
        'content-type': 'application/json',
        ...(bearer && { authorization: `Bearer ${bearer}` }),
      }
      const response = await fetch(target, { method, headers, body: (name && '{}') || null })
      status = response.status
      if (!response.ok) throw new Error(await response.text())
      const answer = (await response.json()) as Record<string, { id?: unknown } | null> | null
      for (const [metric, entry] of Object.entries(answer ?? {}))
        if (typeof entry?.id === 'number' && !ids.has(metric)) ids.set(metric, entry.id)
    } catch (error) {
      const { message } = error as Error
      const said = /"code":"([a-z-]+)"/.exec(message)?.[1] ?? 'bad-request'
      const code = NOT_NOW.includes(status) ? 'not-ready' : (said as ErrorCode)
      throw new MillraceError(code, `${method} ${target}: ${status || 'not reached'}: ${message}`, { status })
    }
  }

  async function ask(name: string): Promise<void> {
    await call('GET', '')
    if (ids.has(name)) return
    await call('PUT', `/${encodeURIComponent(name)}`)
    await call('GET', '')
    if (!ids.has(name)) throw new MillraceError('not-found', `the server did not add the metric ${name}`)
  }

  return {
    idOf: (name) => ids.get(name),
    async learn(name) {
      while (!ids.has(name)) {
        if (isClosing()) throw new MillraceError('closed', `closed before the metric ${name} was known`)
        try {
          await ask(name)
        } catch (error) {
          if (!(error as MillraceError).retryable) throw error
          await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
        }
      }
    },
  }
}
