/** `millrace load` in a process of its own. */
import type { RawOptions } from '../../src/load/options.ts'
import type { LoadReport } from '../../src/load/report.ts'
import { Program } from './program.ts'
import { CLI } from './served-engine.ts'

/** Options by their names on the command line: `{ devices: '1000', ack: true }`. */
export class LoadProcess {
  readonly #program: Program
  readonly report: Promise<LoadReport>

  constructor(url: string, options: RawOptions) {
    const flags = Object.entries({ url, json: true, ...options }).flatMap(([name, value]) =>
      value === true ? [`--${name}`] : [`--${name}`, String(value)],
    )
    this.#program = new Program({ args: [CLI, 'load', ...flags] })
    this.report = this.#program.output().then((text) => JSON.parse(text) as LoadReport)
    // whoever awaits the report hears of a failure; nobody else has to
    this.report.catch(() => undefined)
  }

  /** Ends it early; the report says so. */
  async stop(): Promise<LoadReport> {
    await this.#program.stop('SIGINT')
    return this.report
  }
}
