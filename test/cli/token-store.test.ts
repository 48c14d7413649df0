import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { Authenticator } from '../../src/security/tokens.ts'
import { openDataDirectory } from '../../src/storage/data-directory/data-directory.ts'
import { RegistryStore } from '../../src/storage/registry/registry-store.ts'
import { inline } from './inline.ts'
import { millrace } from './spawned.ts'

describe('millrace token add, list and revoke', () => {
  let dataDir = ''
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tokens-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true }))
  const token = (...args: string[]) => inline(['token', ...args, '--data-dir', dataDir])

  it(
    'keep the hash of a token that an engine then knows, until it is revoked',
    { timeout: 60_000 },
    async () => {
      const added = await token('add', '--name', 'gateway', '--tenant', 'acme', '--json')
      expect(added).toMatchObject({ code: 0, err: '' })
      const { token: secret } = JSON.parse(added.out) as { token: string }
      expect((await token('list')).out).toMatch(
        /^[0-9a-f]{16}… \{ name: "gateway", scope: "device", tenant: "acme" \}\n$/,
      )
      for (const name of readdirSync(join(dataDir, 'registry'))) {
        expect(readFileSync(join(dataDir, 'registry', name)).includes(secret)).toBe(false)
      }
      const directory = openDataDirectory(dataDir, systemClock())
      const { store } = await RegistryStore.open({
        ...{ folder: directory.registry, clock: systemClock() },
        onFailure: (error) => expect.fail(error.message),
      })
      const authenticator = new Authenticator({ tokens: store.loadTokens() })
      expect(authenticator.authenticate(secret, 'device', 0)).toEqual({
        ok: true,
        name: 'gateway',
        tenant: 'acme',
      })
      expect((await token('list', '--json')).out).toContain('gateway')
      // not the process that has it open
      expect(await millrace('token', 'revoke', 'gateway', '--data-dir', dataDir)).toMatchObject({
        code: 1,
        err: expect.stringMatching(
          new RegExp(`process ${process.pid} works in this data directory`),
        ) as string,
      })
      await store.close()
      directory.close()
      expect(await token('revoke', 'gateway')).toMatchObject({
        ...{ code: 0, err: expect.stringMatching(/warning: this was the last token/) as string },
      })
      expect(await token('list')).toMatchObject({ code: 0, out: '' })
      expect(await token('revoke', 'gateway')).toMatchObject({
        code: 1,
        err: expect.stringContaining('no token has the name or hash "gateway"') as string,
      })
    },
  )

  it('refuse what is no token, and want a data directory', async () => {
    expect(await token('add', '--scope', 'root')).toMatchObject({ code: 2 })
    expect(readdirSync(dataDir)).toEqual([])
    expect(await token('list')).toMatchObject({
      code: 2,
      err: expect.stringContaining('is not a data directory') as string,
    })
    expect(await inline(['token', 'add'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--data-dir') as string,
    })
  })
})
