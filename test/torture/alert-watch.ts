/** Follows the stream of alerts through all lives of a server, as a receiver would. */
import { get, type IncomingMessage } from 'node:http'
import type { Alert } from '../../src/core/alert.ts'

export interface ToldAlert {
  readonly change: string
  readonly alert: Alert
  /** The server's life in which it was told. */
  readonly life: number
}

export class AlertWatch {
  readonly told: ToldAlert[] = []
  readonly #port: () => number
  readonly #life: () => number
  #response: IncomingMessage | undefined
  #isClosed = false

  constructor(port: () => number, life: () => number) {
    this.#port = port
    this.#life = life
    this.#follow()
  }

  close(): void {
    this.#isClosed = true
    this.#response?.destroy()
  }

  #follow(): void {
    if (this.#isClosed) return
    const again = (): void => void setTimeout(() => this.#follow(), 20)
    const life = this.#life()
    const request = get(`http://127.0.0.1:${this.#port()}/v1/alerts/stream`, (response) => {
      this.#response = response
      let text = ''
      response.on('data', (data: Buffer) => {
        const events = (text + data.toString()).split('\n\n')
        text = events.pop()!
        for (const event of events) this.#hear(event, life)
      })
      response.on('error', () => undefined)
      response.on('close', again)
    })
    request.on('error', again)
  }

  #hear(event: string, life: number): void {
    const match = /^event: (\w+)\ndata: (.*)/.exec(event)
    if (match !== null) this.told.push({ change: match[1], alert: JSON.parse(match[2]) as Alert, life })
  }
}
