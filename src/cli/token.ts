import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import { parseConfig } from '../engine/config/parse.ts'
import type { Path } from '../engine/config/paths.ts'
import type { TokenOptions } from '../security/options.ts'
import { tokenHash } from '../security/tokens.ts'
import type { Terminal } from './terminal.ts'

/** What the command is built from. */
export interface TokenParts {
  readonly terminal: Terminal
  /** Unguessable bytes. */
  readonly random?: (bytes: number) => Buffer
}

interface Options {
  readonly name: string
  readonly scope: string
  readonly tenant?: string
  readonly expires?: string
  readonly json?: boolean
}

const TOKEN_BYTES = 32

/** `millrace token`: makes a token, and the entry by which the configuration knows it. Nothing is stored. */
export function tokenCommand({ terminal, random = randomBytes }: TokenParts): Command {
  const run = ({ json, ...options }: Options): void => {
    const token = `mr_${random(TOKEN_BYTES).toString('base64url')}`
    const entry = entryFor(token, options)
    if (json) return terminal.out(JSON.stringify({ token, entry }))
    terminal.out(`token, shown this once: ${token}`)
    terminal.out('entry for auth.tokens or the tokens file:')
    terminal.out(`  - ${yamlLine(entry)}`)
  }
  return new Command('token')
    .description('make a bearer token and its entry for the configuration')
    .option('--name <name>', 'who holds it', 'device')
    .option('--scope <scope>', 'what it opens: device, api or all', 'device')
    .option('--tenant <tenant>', 'tenant of what it sends')
    .option('--expires <time>', 'when it stops being accepted, such as 2027-01-01T00:00:00Z')
    .option('--json', 'answer in JSON')
    .action(run)
}

/** The entry as the configuration's own schema sees it, so that what is printed here is accepted there. */
function entryFor(token: string, options: Omit<Options, 'json'>): TokenOptions {
  const locate = (path: Path): string => `--${path.at(-1)}`
  return parseConfig({ auth: { tokens: [{ sha256: tokenHash(token), ...options }] } }, { locate }).config.auth
    .tokens[0]
}

/** A YAML flow mapping; texts in JSON's quotes are YAML too. */
function yamlLine(entry: TokenOptions): string {
  const said = Object.entries(entry).filter(([, value]) => value !== null && value !== '')
  return `{ ${said.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')} }`
}
