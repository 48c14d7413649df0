import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

/** One entry of the metrics dictionary, as the main thread sends it before readings of the metric can arrive. */
export type MetricAnnouncement = readonly [id: number, name: string]

/** A worker's copy of the metrics dictionary; it looks for news only when it meets a number that it doesn't know. */
export class MetricNames {
  readonly #port: MessagePort
  readonly #names: (string | undefined)[] = []

  constructor(port: MessagePort) {
    this.#port = port
  }

  of(id: number): string {
    return this.#names[id] ?? this.#lookForNews(id)
  }

  #lookForNews(id: number): string {
    for (
      let news = receiveMessageOnPort(this.#port);
      news !== undefined;
      news = receiveMessageOnPort(this.#port)
    ) {
      for (const [known, name] of news.message as MetricAnnouncement[]) this.#names[known] = name
    }
    return this.#names[id] ?? `#${id}`
  }
}
