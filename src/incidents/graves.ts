import type { Cluster, Member } from './cluster.ts'

export interface GravesParts {
  readonly removeMember: (member: Member) => void
  readonly removeRun: () => void
  /** Nothing leads to the cluster any more. */
  readonly swept: (cluster: Cluster) => void
}

/** Lets go of members and runs of clusters that are over, some at a time: there may be a hundred thousand. */
export class Graves {
  readonly #dead: Cluster[] = []
  readonly #parts: GravesParts

  constructor(parts: GravesParts) {
    this.#parts = parts
  }

  bury(cluster: Cluster): void {
    cluster.isDead = true
    cluster.group.clusters.delete(cluster)
    this.#dead.push(cluster)
  }

  /** Takes away up to `limit` members and runs. */
  sweep(limit: number): void {
    const { removeMember, removeRun, swept } = this.#parts
    for (let left = limit; this.#dead.length > 0 && left > 0; left--) {
      const cluster = this.#dead[this.#dead.length - 1]
      const member = cluster.members.pop()
      if (member !== undefined) removeMember(member)
      else if (cluster.runs.length > 0) {
        if (removeLastRun(cluster)) removeRun()
      } else {
        this.#dead.pop()
        swept(cluster)
      }
    }
  }
}

/** False if it had become part of another one. */
function removeLastRun({ runs, group: { cells } }: Cluster): boolean {
  const run = runs.pop()
  if (run === undefined || run.isGone) return false
  const others = cells.get(run.cell)?.filter((other) => other !== run) ?? []
  if (others.length > 0) cells.set(run.cell, others)
  else cells.delete(run.cell)
  return true
}
