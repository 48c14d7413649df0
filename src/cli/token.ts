import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import { type Clock, systemClock } from '../core/clock.ts'
import { parseConfig } from '../engine/config/parse.ts'
import type { Path } from '../engine/config/paths.ts'
import type { TokenOptions } from '../security/options.ts'
import { tokenHash } from '../security/tokens.ts'
import type { Terminal } from './terminal.ts'
import { addToken, listTokens, revokeToken } from './token-store.ts'

/** What the command is built from. */
export interface TokenParts {
  readonly terminal: Terminal
  readonly clock?: Clock
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

interface StoreOptions {
  readonly dataDir: string
  readonly json?: boolean
}

const TOKEN_BYTES = 32

/**
 * `millrace token`: makes a token, and the entry by which the configuration knows it; nothing is stored. `token add`,
 * `list` and `revoke` work on those that a data directory keeps.
 */
export function tokenCommand({ terminal, clock = systemClock(), random = randomBytes }: TokenParts): Command {
  const secret = (): string => `mr_${random(TOKEN_BYTES).toString('base64url')}`
  const command = withEntryOptions(new Command('token'))
    .description('make a bearer token and its entry for the configuration')
    .action((options: Options) => makeEntry(secret(), options, terminal))
  command.addCommand(
    withDataDir(withEntryOptions(new Command('add')))
      .description('make a bearer token and keep its hash in a data directory that no engine works in')
      .action((_, command: Command) => add(secret(), given(command), terminal, clock)),
  )
  command.addCommand(
    withDataDir(new Command('list'))
      .description('show the tokens that a data directory keeps')
      .option('--json', 'answer in JSON')
      .action((_, command: Command) => list(given(command), terminal)),
  )
  command.addCommand(
    withDataDir(new Command('revoke'))
      .description('remove a token from a data directory that no engine works in')
      .argument('<token>', 'its name, or the beginning of its SHA-256')
      .option('--json', 'answer in JSON')
      .action((which: string, _, command: Command) => revoke(which, given(command), terminal, clock)),
  )
  return command
}

/** `token` has the same options, so it may have been the one to take them. */
const given = (command: Command): Options & StoreOptions => command.optsWithGlobals()

const withDataDir = (command: Command): Command =>
  command.requiredOption('--data-dir <folder>', 'the data directory')

const withEntryOptions = (command: Command): Command =>
  command
    .option('--name <name>', 'who holds it', 'device')
    .option('--scope <scope>', 'what it opens: device, api or all', 'device')
    .option('--tenant <tenant>', 'tenant of what it sends')
    .option('--expires <time>', 'when it stops being accepted, such as 2027-01-01T00:00:00Z')
    .option('--json', 'answer in JSON')

function makeEntry(token: string, options: Options, terminal: Terminal): void {
  const entry = entryFor(token, options)
  if (options.json) return terminal.out(JSON.stringify({ token, entry }))
  terminal.out(`token, shown this once: ${token}`)
  terminal.out('entry for auth.tokens or the tokens file:')
  terminal.out(`  - ${yamlLine(entry)}`)
}

async function add(
  token: string,
  options: Options & StoreOptions,
  terminal: Terminal,
  clock: Clock,
): Promise<void> {
  const entry = entryFor(token, options)
  await addToken(options.dataDir, entry, { terminal, clock })
  if (options.json) return terminal.out(JSON.stringify({ token, entry }))
  terminal.out(`token, shown this once: ${token}`)
  terminal.out(`kept in ${options.dataDir}: ${line(entry)}`)
}

function list({ dataDir, json }: StoreOptions, terminal: Terminal): void {
  const tokens = listTokens(dataDir)
  if (json) return terminal.out(JSON.stringify({ tokens }))
  for (const entry of tokens) terminal.out(line(entry))
}

async function revoke(
  which: string,
  { dataDir, json }: StoreOptions,
  terminal: Terminal,
  clock: Clock,
): Promise<void> {
  const entry = await revokeToken(dataDir, which, { terminal, clock })
  terminal.out(json ? JSON.stringify({ revoked: entry }) : `revoked: ${line(entry)}`)
}

const line = ({ sha256, ...entry }: TokenOptions): string => `${sha256.slice(0, 16)}… ${yamlLine(entry)}`

/** The entry as the configuration's own schema sees it, so that what is printed here is accepted there. */
function entryFor(token: string, { name, scope, tenant, expires }: Options): TokenOptions {
  const locate = (path: Path): string => `--${path.at(-1)}`
  const entry = { sha256: tokenHash(token), name, scope, tenant, expires }
  return parseConfig({ auth: { tokens: [entry] } }, { locate }).config.auth.tokens[0]
}

/** A YAML flow mapping; texts in JSON's quotes are YAML too. */
function yamlLine(entry: object): string {
  const said = Object.entries(entry).filter(([, value]) => value !== null && value !== '')
  return `{ ${said.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')} }`
}
