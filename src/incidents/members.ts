import { type Group, type Member, rootOf } from './cluster.ts'

/** The devices that a correlation watches: by device, and then by group, of which there are mostly one. */
export class Members {
  readonly #byDevice = new Map<number, Member>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The device's member in the group, unless its cluster is over. */
  find(device: number, group: Group): Member | undefined {
    let member = this.#byDevice.get(device)
    while (member !== undefined && (member.group !== group || rootOf(member.cluster).isDead))
      member = member.next
    return member
  }

  /** All that the device is, in clusters that are not over. */
  of(device: number): Member[] {
    const all: Member[] = []
    for (let member = this.#byDevice.get(device); member !== undefined; member = member.next)
      if (!rootOf(member.cluster).isDead) all.push(member)
    return all
  }

  add(member: Member): void {
    member.next = this.#byDevice.get(member.device)
    this.#byDevice.set(member.device, member)
    this.#size++
  }

  remove(member: Member): void {
    const { device } = member
    let at = this.#byDevice.get(device)
    if (at === undefined) return
    if (at === member) {
      if (member.next === undefined) this.#byDevice.delete(device)
      else this.#byDevice.set(device, member.next)
    } else {
      while (at.next !== undefined && at.next !== member) at = at.next
      if (at.next === undefined) return
      at.next = member.next
    }
    this.#size--
  }
}
