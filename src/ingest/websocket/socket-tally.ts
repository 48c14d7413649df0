import { addToWord, observeCursor } from '../../memory/atomics.ts'

/**
 * Sockets and streams that the listeners of a process have open together: they share its file descriptors, and the
 * system spreads connections over them unevenly. Two words of shared memory.
 */
export class SocketTally {
  readonly #i32: Int32Array
  readonly #sockets: number
  readonly #streams: number

  constructor(i32: Int32Array, socketsAddress: number, streamsAddress: number) {
    this.#i32 = i32
    this.#sockets = socketsAddress
    this.#streams = streamsAddress
  }

  get sockets(): number {
    return observeCursor(this.#i32, this.#sockets)
  }

  get streams(): number {
    return observeCursor(this.#i32, this.#streams)
  }

  addSockets(change: number): void {
    addToWord(this.#i32, this.#sockets, change)
  }

  addStreams(change: number): void {
    addToWord(this.#i32, this.#streams, change)
  }
}
