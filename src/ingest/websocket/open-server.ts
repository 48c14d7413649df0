import type { StreamServer, StreamServerParts } from './stream-server.ts'
import { UwsServer, type UwsModule } from './uws-server.ts'
import { WsServer } from './ws-server.ts'

/** A server on µWebSockets where it runs, else on `ws`; `say` is told why it is the slower one. */
export async function createStreamServer(
  parts: StreamServerParts,
  say: (message: string) => void,
  load: () => Promise<UwsModule | Error> = loadUws,
): Promise<StreamServer> {
  const uws = await load()
  if (!(uws instanceof Error)) return new UwsServer(uws, parts)
  say(`uWebSockets.js does not load here, so the slower "ws" serves instead: ${uws.message.split('\n')[0]}`)
  return WsServer.open(parts)
}

/** The native module, or why it does not load. Only its default import has everything. */
export async function loadUws(): Promise<UwsModule | Error> {
  try {
    const module = (await import('uWebSockets.js')) as unknown as { readonly default: UwsModule }
    return module.default
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
