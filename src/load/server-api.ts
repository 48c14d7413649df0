import { MillraceError, ERROR_CODES, type ErrorCode } from '../core/errors.ts'
import type { Population } from './population.ts'

const BATCH_DEVICES = 2000

/** The part of a server's HTTP API that a run needs before it can send. */
export class ServerApi {
  readonly #base: URL
  readonly #headers: Record<string, string>

  constructor(stream: URL, token: string) {
    this.#base = new URL(`${stream.protocol === 'wss:' ? 'https' : 'http'}://${stream.host}/`)
    this.#headers = {
      'content-type': 'application/json',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    }
  }

  /** The id of a metric by name; adds it to the dictionary if the server hasn't got it. */
  async metricId(name: string): Promise<number> {
    const read = async () => idIn(await this.#call('GET', 'v1/metrics-dictionary'), name)
    const known = await read()
    if (known !== null) return known
    await this.#call('PUT', `v1/metrics-dictionary/${encodeURIComponent(name)}`, { unit: '' })
    const added = await read()
    if (added !== null) return added
    throw new MillraceError('not-found', `${this.#base.host} did not add the metric ${name}`, { name })
  }

  /** Registers all devices with tier and position, in batches. */
  async registerDevices(population: Population, stop: AbortSignal): Promise<void> {
    for (let from = 0; from < population.count && !stop.aborted; from += BATCH_DEVICES) {
      const size = Math.min(BATCH_DEVICES, population.count - from)
      const batch = Array.from({ length: size }, (_, i) => deviceEntry(population, from + i))
      failIfAny(await this.#call('POST', 'v1/devices', batch))
    }
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const url = new URL(path, this.#base)
    const request = {
      method,
      headers: this.#headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    const response = await fetch(url, request).catch((error: Error) => {
      const cause = error.cause instanceof Error ? error.cause.message || error.cause.name : error.message
      throw new MillraceError('not-ready', `cannot reach ${url.href}: ${cause}`, { url: url.href })
    })
    const text = await response.text()
    if (!response.ok) throw refused(`${method} ${url.href}`, response.status, text)
    return text === '' ? null : parsed(text, url)
  }
}

/** A server may take some devices of a batch and refuse others; a run needs them all. */
function failIfAny(answer: unknown): void {
  const { failed } = (answer ?? {}) as { failed?: { name?: unknown; code?: ErrorCode; message?: unknown }[] }
  const first = failed?.[0]
  if (!first) return
  const code = first.code && first.code in ERROR_CODES ? first.code : 'bad-request'
  const others = failed.length > 1 ? ` (and ${failed.length - 1} more)` : ''
  throw new MillraceError(
    code,
    `device ${String(first.name)} was not registered: ${String(first.message)}${others}`,
  )
}

function deviceEntry(population: Population, device: number): Record<string, unknown> {
  const tier = population.tierOf(device)
  return { name: population.nameOf(device), ...(tier && { tier }), ...population.positionOf(device) }
}

function idIn(dictionary: unknown, name: string): number | null {
  const entry = (dictionary as Record<string, { id?: unknown } | undefined> | null)?.[name]
  return typeof entry?.id === 'number' ? entry.id : null
}

function parsed(text: string, url: URL): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new MillraceError('bad-request', `${url.href} did not answer with JSON`, { url: url.href }, error)
  }
}

/** An error with the server's own code and words where it gave them. */
function refused(what: string, status: number, text: string): MillraceError {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[]
  const code = codes.find((one) => text.includes(`"code":"${one}"`))
  const fallback = codes.find((one) => ERROR_CODES[one].status === status) ?? 'internal'
  return new MillraceError(code ?? fallback, `${what} was answered with ${status}: ${text.slice(0, 500)}`, {
    status,
  })
}
