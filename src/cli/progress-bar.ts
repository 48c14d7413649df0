import type { RunProgress } from '../history/run/history-run.ts'

const WIDTH = 24
const EVERY_MS = 100

export interface BarParts {
  readonly nowMs: () => number
  /** 0 = nobody knows. */
  readonly totalBytes: number
  /** Writes without a line's end. */
  readonly draw: (text: string) => void
}

/** One line on a terminal that says how far a run has come; at most ten times a second. */
export class ProgressBar {
  readonly #parts: BarParts
  readonly #startedMs: number
  #drawnMs: number

  constructor(parts: BarParts) {
    this.#parts = parts
    this.#startedMs = parts.nowMs()
    this.#drawnMs = this.#startedMs
  }

  show(progress: RunProgress): void {
    const nowMs = this.#parts.nowMs()
    if (nowMs - this.#drawnMs < EVERY_MS) return
    this.#drawnMs = nowMs
    this.#parts.draw(`\r${this.#text(progress, (nowMs - this.#startedMs) / 1000)}\u001b[K`)
  }

  clear(): void {
    if (this.#drawnMs !== this.#startedMs) this.#parts.draw('\r\u001b[K')
  }

  #text({ bytes, readings }: RunProgress, seconds: number): string {
    const { totalBytes } = this.#parts
    const speed = `${short(bytes)}B  ${short(readings)} readings  ${short(readings / seconds)}/s`
    if (totalBytes === 0) return speed
    const share = Math.min(1, bytes / totalBytes)
    const filled = Math.round(share * WIDTH)
    return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${Math.round(share * 100)} %  ${speed}`
  }
}

/** 1234567 as `1.23 M`. */
export function short(value: number): string {
  const power = value < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** power
  return `${scaled.toFixed(power === 0 ? 0 : scaled < 10 ? 2 : scaled < 100 ? 1 : 0)} ${['', 'k', 'M', 'G'][power]}`.trimEnd()
}
