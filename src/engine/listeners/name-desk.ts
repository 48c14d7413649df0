import type { Directory } from '../directory.ts'
import type { NameQuestion } from './messages.ts'
import { MAILBOX_BYTES, NameMailbox } from './name-mailbox.ts'

/** Answers the listener threads' questions for names, and tells them when answers are no longer good. */
export class NameDesk {
  readonly #directory: Directory
  readonly #mailboxes: NameMailbox[] = []
  readonly #stopListening: readonly (() => void)[]

  /** `knownOnly`: names become known by registration alone, so what was refused may be admitted later. */
  constructor(directory: Directory, knownOnly: boolean) {
    this.#directory = directory
    const { registry, dictionary } = directory
    this.#stopListening = [
      registry.onChange(({ removed, previous }) => {
        if (removed || (knownOnly && previous === undefined)) this.#voidAnswers()
      }),
      dictionary.onChange(() => {
        if (knownOnly) this.#voidAnswers()
      }),
    ]
  }

  /** A mailbox for one more thread, and what answers its questions. */
  open(): { readonly mailbox: SharedArrayBuffer; readonly answer: (question: NameQuestion) => void } {
    const buffer = new SharedArrayBuffer(MAILBOX_BYTES)
    const mailbox = new NameMailbox(buffer)
    this.#mailboxes.push(mailbox)
    return { mailbox: buffer, answer: ({ number, of, name }) => mailbox.answer(number, this.#idOf(of, name)) }
  }

  close(): void {
    for (const stop of this.#stopListening) stop()
  }

  #idOf(of: NameQuestion['of'], name: string): number {
    return of === 'device' ? this.#directory.deviceId(name) : this.#directory.metricId(name)
  }

  #voidAnswers(): void {
    for (const mailbox of this.#mailboxes) mailbox.voidAnswers()
  }
}
