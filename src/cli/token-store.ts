/** Tokens in a data directory. Changes take its lock, so they wait for no engine; looking at them doesn't. */
import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import { lookAtDataDirectory, openDataDirectory } from '../storage/data-directory/data-directory.ts'
import type { TokenRecord } from '../storage/registry/change.ts'
import { RegistryStore } from '../storage/registry/registry-store.ts'
import { peekTokens } from '../storage/registry/tokens.ts'
import type { Terminal } from './terminal.ts'

export interface TokenStoreParts {
  readonly terminal: Terminal
  readonly clock: Clock
}

const MIN_HASH = 8
const NONE_LEFT =
  'this was the last token here: without one in the configuration, an engine asks nobody for a token'

export function addToken(dataDir: string, token: TokenRecord, parts: TokenStoreParts): Promise<void> {
  return withStore(dataDir, parts, async (store) => {
    store.put({ kind: 'token', token })
    await store.flushed()
  })
}

/** Works while an engine runs, too. */
export const listTokens = (dataDir: string): readonly TokenRecord[] =>
  peekTokens(lookAtDataDirectory(dataDir).registry)

/** Removes the one token that has this name or whose hash begins so; returns it. Warns when none is left. */
export function revokeToken(dataDir: string, which: string, parts: TokenStoreParts): Promise<TokenRecord> {
  // not made just to find nothing in it
  lookAtDataDirectory(dataDir)
  return withStore(dataDir, parts, async (store) => {
    const token = theOne(store.loadTokens(), which)
    store.put({ kind: 'token-removed', sha256: token.sha256 })
    await store.flushed()
    if (store.loadTokens().length === 0) parts.terminal.err(`millrace: warning: ${NONE_LEFT}`)
    return token
  })
}

async function withStore<T>(
  dataDir: string,
  { terminal, clock }: TokenStoreParts,
  act: (store: RegistryStore) => Promise<T>,
): Promise<T> {
  const directory = openDataDirectory(dataDir, clock)
  try {
    let fail = (_error: MillraceError): void => undefined
    const failure = new Promise<never>((_, reject) => (fail = reject))
    const { store, damage } = await RegistryStore.open({
      ...{ folder: directory.registry, clock },
      onFailure: (error) => fail(error),
    })
    for (const { what, reason } of damage) {
      terminal.err(`millrace: warning: the ${what} of the registry is damaged (${reason})`)
    }
    try {
      return await Promise.race([act(store), failure])
    } finally {
      await store.close()
    }
  } finally {
    directory.close()
  }
}

function theOne(tokens: readonly TokenRecord[], which: string): TokenRecord {
  const isHash = which.length >= MIN_HASH && /^[0-9a-f]+$/.test(which)
  const found = tokens.filter(({ name, sha256 }) => name === which || (isHash && sha256.startsWith(which)))
  const shown = JSON.stringify(which)
  if (found.length === 0) throw new MillraceError('not-found', `no token has the name or hash ${shown}`)
  if (found.length === 1) return found[0]
  const hashes = found.map(({ sha256 }) => sha256.slice(0, 16)).join(', ')
  throw new MillraceError(
    'conflict',
    `${found.length} tokens are called ${shown}; say which by hash: ${hashes}`,
  )
}
