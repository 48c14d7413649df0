/** The wall clock of servers, moved without moving the machine's: a small library that is preloaded into them. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('./fixtures/clock-shift.c', import.meta.url))
const PRINT = 'process.stdout.write(String(Date.now()))'

export class WallClock {
  readonly env: Readonly<Record<string, string>>
  readonly #folder: string
  readonly #shift: string

  private constructor(folder: string) {
    this.#folder = folder
    this.#shift = join(folder, 'shift')
    this.env = { LD_PRELOAD: join(folder, 'clock-shift.so'), TORTURE_CLOCK: this.#shift }
    writeFileSync(this.#shift, Buffer.alloc(8))
  }

  /** Undefined where there is no compiler, or preloading has no effect. */
  static open(): WallClock | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-clock-'))
    const clock = new WallClock(folder)
    const args = ['-shared', '-fPIC', '-O2', '-o', clock.env.LD_PRELOAD, SOURCE, '-ldl']
    if (spawnSync('cc', args, { stdio: 'ignore' }).status === 0 && clock.#works()) return clock
    clock.close()
    return undefined
  }

  shift(ms: number): void {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(Math.round(ms)) * 1_000_000n)
    // in place: it is mapped
    const file = openSync(this.#shift, 'r+')
    writeSync(file, bytes, 0, 8, 0)
    closeSync(file)
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #works(): boolean {
    this.shift(3_600_000)
    const env = { ...process.env, ...this.env }
    const shown = Number(spawnSync(process.execPath, ['-e', PRINT], { env }).stdout?.toString())
    this.shift(0)
    return Math.abs(shown - Date.now() - 3_600_000) < 600_000
  }
}
