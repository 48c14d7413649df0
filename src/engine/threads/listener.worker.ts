import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { ListenerRoom } from '../listeners/listener-room.ts'
import type { FromListener, ListenerRecipe, ToListener } from '../listeners/messages.ts'

// Not a thread of the pool: it must never be terminated from outside (see ListenerRoom.close).
const port = parentPort!
const post = (message: FromListener): void => port.postMessage(message)
const room = new ListenerRoom(workerData as ListenerRecipe, systemClock(), post)

const close = async (): Promise<void> => {
  await room.close()
  port.close()
}

port.on('message', (message: ToListener) => {
  if (message.kind === 'close') void close()
  else room.handle(message)
})

try {
  await room.listen()
} catch (error) {
  const code = error instanceof MillraceError ? error.code : 'listen-failed'
  post({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) })
  await close()
}
