import type { ErrorCode, MillraceError } from '../core/errors.ts'
import type { Settings } from './options.ts'

const RETRY_MS = 1000
/** Statuses by which a server says: not now; 0 = it was not reached. */
const NOT_NOW = [0, 408, 429, 502, 503, 504]

/**
 * Asks the server's dictionary for the number of a metric until `ids` has it or the server refuses for good; adds the
 * metric where it is missing. `checkOpen` throws once the client is closed. The class of errors is handed over: so nothing
 * is shared by what is loaded at once and what is loaded later, which would be a file of its own.
 */
export async function learnMetric(
  name: string,
  ids: Map<string, number>,
  { url, token, clock, fetch = globalThis.fetch }: Settings,
  checkOpen: () => void,
  Failure: typeof MillraceError,
): Promise<void> {
  const dictionary = `${url.origin.replace('ws', 'http')}/v1/metrics-dictionary`

  /** One request, unless the number is known by now; takes over what the answer says of metrics. */
  async function ask(method: string, path = ''): Promise<void> {
    if (ids.has(name)) return
    let status = 0
    try {
      const bearer = await token()
      const headers = {
        'content-type': 'application/json',
        ...(bearer && { authorization: `Bearer ${bearer}` }),
      }
      const response = await fetch(dictionary + path, { method, headers, body: path ? '{}' : null })
      status = response.status
      const text = await response.text()
      if (!response.ok) throw new Error(text)
      const answer = JSON.parse(text) as Record<string, { id?: number } | null>
      for (const [metric, entry] of Object.entries(answer))
        if (entry?.id && !ids.has(metric)) ids.set(metric, entry.id)
    } catch (error) {
      const { message } = error as Error
      const said = /"code":"([a-z-]+)"/.exec(message)?.[1] ?? 'bad-request'
      const code = NOT_NOW.includes(status) ? 'not-ready' : (said as ErrorCode)
      const what = `${method} ${dictionary + path}: ${status || 'not reached'}: ${message}`
      throw new Failure(code, what, { status })
    }
  }

  while (!ids.has(name)) {
    checkOpen()
    try {
      await ask('GET')
      await ask('PUT', `/${encodeURIComponent(name)}`)
      await ask('GET')
      if (!ids.has(name)) throw new Failure('not-found', `the server did not add the metric ${name}`)
    } catch (error) {
      if (!(error as MillraceError).retryable) throw error
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
    }
  }
}
