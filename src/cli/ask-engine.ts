/** Asks a running engine over HTTP; what it refuses becomes an error in its words. */
import type { Command } from 'commander'
import { MillraceError } from '../core/errors.ts'

export interface EngineOptions {
  readonly url: string
  readonly token?: string
  readonly json?: boolean
}

export const withEngine = (command: Command): Command => withUrl(command).option('--json', 'answer in JSON')

export const withUrl = (command: Command): Command =>
  command
    .requiredOption('--url <url>', 'where the engine listens, such as http://127.0.0.1:8080')
    .option('--token <token>', 'bearer token for the API')

/** Throws `not-ready` where nobody answers, and `bad-request` with the status and the words of a refusal. */
export async function askEngine<T>(options: EngineOptions, path: string, init?: RequestInit): Promise<T> {
  return JSON.parse(await askText(options, path, init)) as T
}

/** The same for answers that are no JSON. */
export async function askText(options: EngineOptions, path: string, init: RequestInit = {}): Promise<string> {
  const { token } = options
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await reach(new URL(path, urlOf(options)), { ...init, headers })
  const text = await response.text()
  if (response.ok) return text
  const answered = `${options.url} answered ${response.status}: ${messageIn(text)}`
  throw new MillraceError('bad-request', answered, { answer: parsed(text) })
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new MillraceError('not-ready', `${url.origin} cannot be reached: ${String(cause)}`, {}, error)
  }
}

function urlOf({ url }: EngineOptions): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url
  throw new MillraceError(
    'bad-config',
    `--url: ${JSON.stringify(url)} is not allowed; allowed: an http or https URL`,
  )
}

function messageIn(text: string): string {
  const { message } = (parsed(text) ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : text.slice(0, 200)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
