/**
 * What a connection, an address and a tenant may send per second: token buckets with a burst of one second. A frame
 * of more readings than one second allows passes when its bucket is full and is paid off afterwards. 0 = unlimited,
 * and what is unlimited has no bucket.
 */
interface Rate {
  readonly framesPerSecond: number
  readonly readingsPerSecond: number
}

interface SharedRate extends Rate {
  /** Connections at a time; 0 = unlimited. */
  readonly connections: number
}

export interface IntakeRates {
  readonly connection: Rate
  readonly address: SharedRate
  readonly tenant: SharedRate
}

class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #atMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perMs = perSecond / 1000
    this.#burst = Math.max(1, perSecond)
    this.#tokens = this.#burst
    this.#atMs = nowMs
  }

  /** Milliseconds until `amount` may be taken; 0 = now. */
  waitMs(amount: number, nowMs: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) * this.#perMs)
    this.#atMs = nowMs
    const missing = Math.min(amount, this.#burst) - this.#tokens
    return missing <= 0 ? 0 : Math.ceil(missing / this.#perMs)
  }

  take(amount: number): void {
    this.#tokens -= amount
  }
}

/** The buckets of one connection, address or tenant. */
class Allowance {
  connections = 0
  readonly #frames: TokenBucket | null
  readonly #readings: TokenBucket | null

  constructor(rate: Rate, nowMs: number) {
    this.#frames = rate.framesPerSecond > 0 ? new TokenBucket(rate.framesPerSecond, nowMs) : null
    this.#readings = rate.readingsPerSecond > 0 ? new TokenBucket(rate.readingsPerSecond, nowMs) : null
  }

  waitMs(readings: number, nowMs: number): number {
    const frames = this.#frames?.waitMs(1, nowMs) ?? 0
    return Math.max(frames, this.#readings?.waitMs(readings, nowMs) ?? 0)
  }

  take(readings: number): void {
    this.#frames?.take(1)
    this.#readings?.take(readings)
  }
}

/** The allowances one connection draws on: its own, its address's and its tenant's. */
export class ConnectionRates {
  readonly #allowances: readonly Allowance[]

  constructor(allowances: readonly Allowance[]) {
    this.#allowances = allowances
  }

  /** Takes a frame of `readings` from all allowances or from none; returns the milliseconds to wait, 0 = taken. */
  take(readings: number, nowMs: number): number {
    let waitMs = 0
    for (const allowance of this.#allowances) waitMs = Math.max(waitMs, allowance.waitMs(readings, nowMs))
    if (waitMs === 0) for (const allowance of this.#allowances) allowance.take(readings)
    return waitMs
  }
}

/** Hands out allowances and counts connections; keeps nothing for what has no connection and no debt to pay. */
export class RateBook {
  readonly #rates: IntakeRates
  readonly #addresses = new Map<string, Allowance>()
  readonly #tenants = new Map<string, Allowance>()

  constructor(rates: IntakeRates) {
    this.#rates = rates
  }

  /** Why one more connection isn't allowed, or ''. */
  refusal(address: string, tenant: string): string {
    const { address: perAddress, tenant: perTenant } = this.#rates
    if (isOver(perAddress, this.#addresses.get(address))) {
      return `address ${address} has its ${perAddress.connections} connections`
    }
    if (tenant !== '' && isOver(perTenant, this.#tenants.get(tenant))) {
      return `tenant ${tenant} has its ${perTenant.connections} connections`
    }
    return ''
  }

  open(address: string, tenant: string, nowMs: number): ConnectionRates | null {
    const { connection, address: perAddress, tenant: perTenant } = this.#rates
    const allowances: Allowance[] = []
    if (isLimited(connection)) allowances.push(new Allowance(connection, nowMs))
    const shared = [join(this.#addresses, address, perAddress, nowMs)]
    if (tenant !== '') shared.push(join(this.#tenants, tenant, perTenant, nowMs))
    for (const allowance of shared) if (allowance !== null) allowances.push(allowance)
    return allowances.length === 0 ? null : new ConnectionRates(allowances)
  }

  close(address: string, tenant: string): void {
    leave(this.#addresses, address)
    leave(this.#tenants, tenant)
  }

  /** Forgets addresses and tenants without a connection; call it every few seconds. */
  sweep(nowMs: number): void {
    for (const book of [this.#addresses, this.#tenants]) {
      for (const [name, allowance] of book) {
        // a sender in debt stays known, or reconnecting would be a way around its rate
        if (allowance.connections === 0 && allowance.waitMs(Infinity, nowMs) === 0) book.delete(name)
      }
    }
  }
}

const isLimited = (rate: Rate): boolean => rate.framesPerSecond > 0 || rate.readingsPerSecond > 0

const isOver = (rate: SharedRate, there: Allowance | undefined): boolean =>
  rate.connections > 0 && there !== undefined && there.connections >= rate.connections

function join(book: Map<string, Allowance>, name: string, rate: SharedRate, nowMs: number): Allowance | null {
  if (!isLimited(rate) && rate.connections === 0) return null
  let allowance = book.get(name)
  if (allowance === undefined) book.set(name, (allowance = new Allowance(rate, nowMs)))
  allowance.connections++
  return allowance
}

function leave(book: Map<string, Allowance>, name: string): void {
  const allowance = book.get(name)
  if (allowance !== undefined) allowance.connections--
}
