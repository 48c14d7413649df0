/**
 * A text message: one reading, an array of readings, or `{"seq":17,"readings":[…]}`. What was found is in `seq` and
 * `readings` until the next `parse`. The text is at most limits.frameBytes long, which bounds depth and count.
 */
const MAX_SEQ = 0xffff_ffff
const MAX_REASON = 200
const NONE: readonly unknown[] = []

export class JsonMessage {
  seq = 0
  readings: readonly unknown[] = NONE
  readonly #single: unknown[] = [null]

  /** Returns what is wrong with the message as a whole, or ''. */
  parse(text: string): string {
    this.seq = 0
    this.readings = NONE
    let message: unknown
    try {
      message = JSON.parse(text)
    } catch (error) {
      return `not valid JSON: ${(error as Error).message.slice(0, MAX_REASON)}`
    }
    if (Array.isArray(message)) {
      this.readings = message
      return ''
    }
    if (typeof message !== 'object' || message === null) {
      return 'a message is a reading, an array of readings or {"seq":…,"readings":[…]}'
    }
    if ('readings' in message || 'seq' in message) return this.#unwrap(message)
    this.#single[0] = message
    this.readings = this.#single
    return ''
  }

  #unwrap(message: { seq?: unknown; readings?: unknown }): string {
    for (const name in message) {
      if (name === 'seq' || name === 'readings') continue
      return `${JSON.stringify(name.slice(0, 64))} is not a member of a message (seq, readings)`
    }
    const { seq = 0, readings } = message
    if (typeof seq !== 'number' || !Number.isInteger(seq) || seq < 0 || seq > MAX_SEQ) {
      return `"seq" must be a whole number from 0 to ${MAX_SEQ}`
    }
    this.seq = seq
    if (!Array.isArray(readings)) return '"readings" must be an array of readings'
    this.readings = readings
    return ''
  }
}
