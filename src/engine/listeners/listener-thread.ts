import { Worker } from 'node:worker_threads'
import { programFile } from '../../core/package-files.ts'
import { MillraceError } from '../../core/errors.ts'
import type { Endpoint } from '../../ingest/websocket/stream-server.ts'
import type { Assembly } from '../assembly.ts'
import { HttpDesk } from './http-desk.ts'
import type { ListenersParts } from './listeners.ts'
import type { FromListener, ListenerRecipe, ToListener } from './messages.ts'
import type { NameDesk } from './name-desk.ts'

const ENTRY = programFile('engine/threads/listener.worker.js')

/** The main thread's side of one listener thread: answers what it asks, takes in what it has to say. */
export class ListenerThread {
  readonly #assembly: Assembly
  readonly #worker: Worker
  readonly #http: HttpDesk
  readonly #answerName: ReturnType<NameDesk['open']>['answer']
  readonly #senders = new Map<number, (name: string) => void>()
  readonly #listening = deferred<Endpoint>()
  readonly #refusing = deferred<void>()
  readonly #ended = deferred<void>()
  #asked = 0
  readonly #leave: () => void
  #isClosing = false

  constructor({ assembly, http, tls }: ListenersParts, names: NameDesk, ring: number) {
    const { foundation, config, partRefusals } = assembly
    const { mailbox, answer } = names.open()
    const { memory, plan } = foundation
    const { host, port, limits, rates, server, listeners, auth } = config
    const slice = { host, port, limits, rates, server, listeners, auth }
    const recipe: ListenerRecipe = {
      ...{ memory: memory.memory, plan, ring, config: slice, tls, mailbox },
      partRefusals: [...partRefusals],
    }
    this.#assembly = assembly
    this.#answerName = answer
    this.#worker = new Worker(ENTRY, { workerData: recipe, name: `millrace-listener-${ring}` })
    this.#http = new HttpDesk(http, (message) => this.#tell(message))
    this.#worker.on('message', (message: FromListener) => this.#hear(message))
    this.#worker.on('error', (error) => assembly.events.tell('failure', error))
    this.#worker.on('exit', () => this.#exit())
    this.#leave = partRefusals.onAdd((refusal) => this.#tell({ kind: 'partRefusal', refusal }))
  }

  /** Resolves when it listens, rejects when it can't. */
  get listening(): Promise<Endpoint> {
    return this.#listening.promise
  }

  senderName(source: number): Promise<string> {
    const id = ++this.#asked
    return new Promise((resolve) => {
      this.#senders.set(id, resolve)
      this.#tell({ kind: 'sender', id, source })
    })
  }

  beginShutdown(): Promise<void> {
    this.#tell({ kind: 'shutDown' })
    return this.#refusing.promise
  }

  giveUp(reason: string): void {
    this.#tell({ kind: 'giveUp', reason })
  }

  close(): Promise<void> {
    this.#isClosing = true
    this.#tell({ kind: 'close' })
    return this.#ended.promise
  }

  #tell(message: ToListener): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromListener): void {
    try {
      this.#answer(message)
    } catch (error) {
      this.#assembly.events.tell('failure', error)
    }
  }

  #answer(message: FromListener): void {
    const { events, quarantine, partRefusals } = this.#assembly
    if (message.kind === 'name') this.#answerName(message)
    else if (message.kind === 'request') this.#http.request(message.id, message.request)
    else if (message.kind === 'follow') this.#http.follow(message.id)
    else if (message.kind === 'leave') this.#http.leave(message.id)
    else if (message.kind === 'sender') this.#nameSender(message.id, message.name)
    else if (message.kind === 'partRefusal') partRefusals.add(message.refusal)
    else if (message.kind === 'listening') this.#listening.resolve(message.endpoint)
    else if (message.kind === 'failed')
      this.#listening.reject(new MillraceError(message.code, message.message))
    else if (message.kind === 'refusing') this.#refusing.resolve()
    else if (message.kind === 'warning') events.tell('warning', message.message)
    else if (message.kind === 'failure') events.tell('failure', message.error)
    else {
      for (const { cause, source, bytes, size } of message.entries) quarantine.add(cause, source, bytes, size)
    }
  }

  #nameSender(id: number, name: string): void {
    this.#senders.get(id)?.(name)
    this.#senders.delete(id)
  }

  #exit(): void {
    const ended = new MillraceError('listen-failed', 'a listener thread has ended by itself')
    this.#leave()
    if (!this.#isClosing) this.#assembly.events.tell('failure', ended)
    this.#http.close()
    for (const id of [...this.#senders.keys()]) this.#nameSender(id, '')
    this.#listening.reject(ended)
    this.#refusing.resolve()
    this.#ended.resolve()
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

/** A rejection that nobody waits for any more is no fault. */
function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
