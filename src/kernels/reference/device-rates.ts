/** Twin of asm/rate-limit.ts: readings of each device in the current second. The kernel's table can also be crowded. */
export class DeviceRates {
  readonly #sent = new Map<bigint, { second: number; count: number }>()

  /** Counts a reading; false when the device is over `perSecond`, 0 = unlimited. */
  admit(device: bigint, perSecond: number, second: number): boolean {
    if (perSecond === 0) return true
    const sent = this.#sent.get(device)
    const count = sent?.second === second ? sent.count + 1 : 1
    this.#sent.set(device, { second, count })
    return count <= perSecond
  }
}
