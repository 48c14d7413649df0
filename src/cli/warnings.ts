import type { Clock } from '../core/clock.ts'
import type { Config } from '../engine/config/config.ts'
import { checkBind } from '../security/bind.ts'
import { readTls } from '../security/tls.ts'

/**
 * What should be said out loud before listening with `config`: an open door, a certificate that ends. Throws
 * where listening would be refused: no authentication beyond loopback, a key that isn't the certificate's.
 */
export function listenWarnings(config: Config, clock: Clock): string[] {
  const bind = checkBind(config)
  const tls = config.tls ? readTls(config.tls, { nowEpochMs: clock.epochMs() }).warnings : []
  return bind === null ? [...tls] : [bind, ...tls]
}
