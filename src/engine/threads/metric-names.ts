import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

/** One entry of the metrics dictionary, as the main thread sends it before readings of the metric can arrive. */
export type MetricAnnouncement = readonly [id: number, name: string]

/** A worker's copy of the metrics dictionary; it looks for news only when it meets a number that it doesn't know. */
export class MetricNames {
  readonly #port: MessagePort
  readonly #names: (string | undefined)[] = []
  readonly #ids = new Map<string, number>()

  constructor(port: MessagePort) {
    this.#port = port
  }

  of(id: number): string {
    return this.#names[id] ?? this.#lookForNews(id)
  }

  /** Undefined: no reading has had it until now. */
  idOf(name: string): number | undefined {
    if (!this.#ids.has(name)) this.#hearNews()
    return this.#ids.get(name)
  }

  #lookForNews(id: number): string {
    this.#hearNews()
    return this.#names[id] ?? `#${id}`
  }

  #hearNews(): void {
    for (
      let news = receiveMessageOnPort(this.#port);
      news !== undefined;
      news = receiveMessageOnPort(this.#port)
    ) {
      for (const [id, name] of news.message as MetricAnnouncement[]) {
        this.#names[id] = name
        this.#ids.set(name, id)
      }
    }
  }
}
