import type { EnrichJob } from './enrich-job.ts'

/** Gives what was decided in the order in which the jobs of each key came, whichever was decided first. */
export class KeyOrder {
  readonly #byKey = new Map<string | number, EnrichJob[]>()
  readonly #give: (job: EnrichJob) => void

  constructor(give: (job: EnrichJob) => void) {
    this.#give = give
  }

  add(job: EnrichJob): void {
    const jobs = this.#byKey.get(job.key)
    if (jobs === undefined) this.#byKey.set(job.key, [job])
    else jobs.push(job)
  }

  /** The job's result won't be given; nothing waits for it. */
  forget(job: EnrichJob): void {
    const jobs = this.#byKey.get(job.key) ?? []
    jobs.splice(jobs.indexOf(job), 1)
    this.decided(job.key)
  }

  /** A job of the key was decided: gives what no longer waits for one before it. */
  decided(key: string | number): void {
    const jobs = this.#byKey.get(key) ?? []
    const firstOpen = jobs.findIndex(({ outcome }) => outcome === undefined)
    const done = jobs.splice(0, firstOpen < 0 ? jobs.length : firstOpen)
    if (jobs.length === 0) this.#byKey.delete(key)
    for (const job of done) this.#give(job)
  }
}
