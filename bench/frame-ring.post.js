/** The plain way between two threads: as many small messages by postMessage, in windows so that memory stays small. */
import { parentPort, workerData } from 'node:worker_threads'

const WINDOW = 1000
let left = workerData.frames
const send = () => {
  for (let i = 0; i < WINDOW && left > 0; i++, left--)
    parentPort?.postMessage(new Uint8Array(workerData.messageBytes))
}
parentPort?.on('message', () => {
  if (left === 0) parentPort?.close()
  else send()
})
