import type { Clock } from '../core/clock.ts'
import { ERROR_CODES, MillraceError, type ErrorCode } from '../core/errors.ts'

const RETRY_MS = 1000
/** Statuses by which a server says: not now. */
const NOT_NOW = [408, 429, 502, 503, 504]

export interface MetricsBookParts {
  readonly http: () => Promise<{ readonly base: URL; readonly token: string }>
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly known: Readonly<Record<string, number>>
}

/** Numbers of metrics by name: those given by the program, then those of the server's dictionary, read when needed. */
export class MetricsBook {
  readonly #parts: MetricsBookParts
  readonly #ids: Map<string, number>
  #isClosed = false

  constructor(parts: MetricsBookParts) {
    this.#parts = parts
    this.#ids = new Map(Object.entries(parts.known))
  }

  /** 0 = not known yet. */
  idOf(name: string): number {
    return this.#ids.get(name) ?? 0
  }

  /** Asks the server until it says the number, or refuses for good; adds the metric where it is missing. */
  async learn(name: string): Promise<void> {
    for (;;) {
      if (this.#ids.has(name)) return
      if (this.#isClosed) throw new MillraceError('closed', `closed before the metric ${name} was known`)
      try {
        await this.#ask(name)
      } catch (error) {
        if (!(error instanceof MillraceError) || !error.retryable) throw error
        await new Promise<void>((resolve) => this.#parts.clock.after(RETRY_MS, resolve))
      }
    }
  }

  close(): void {
    this.#isClosed = true
  }

  async #ask(name: string): Promise<void> {
    await this.#read()
    if (this.#ids.has(name)) return
    await this.#call('PUT', `/${encodeURIComponent(name)}`)
    await this.#read()
    if (!this.#ids.has(name))
      throw new MillraceError('not-found', `the server did not add the metric ${name}`)
  }

  async #read(): Promise<void> {
    const dictionary = (await this.#call('GET', '')) as Record<string, { id?: unknown } | undefined> | null
    for (const [name, entry] of Object.entries(dictionary ?? {}))
      if (typeof entry?.id === 'number' && !this.#ids.has(name)) this.#ids.set(name, entry.id)
  }

  async #call(method: string, path: string): Promise<unknown> {
    const { base, token } = await this.#parts.http()
    const url = new URL(`v1/metrics-dictionary${path}`, base).href
    const headers = {
      'content-type': 'application/json',
      ...(token !== '' && { authorization: `Bearer ${token}` }),
    }
    const body = method === 'PUT' ? '{}' : null
    let status = 0
    try {
      const response = await this.#parts.fetch(url, { method, headers, body })
      status = response.status
      if (response.ok) return await response.json()
      throw new Error(await response.text())
    } catch (error) {
      throw failure(`${method} ${url}`, status, error)
    }
  }
}

function failure(what: string, status: number, error: unknown): MillraceError {
  const text = (error as Error).message
  const said = /"code":"([a-z-]+)"/.exec(text)?.[1] as ErrorCode | undefined
  const isPassing = status === 0 || NOT_NOW.includes(status)
  const code = isPassing ? 'not-ready' : said !== undefined && said in ERROR_CODES ? said : 'bad-request'
  return new MillraceError(code, `${what}: ${status || 'not reached'}: ${text}`, { status })
}
