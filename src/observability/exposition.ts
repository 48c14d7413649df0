/**
 * Writes the Prometheus text format, version 0.0.4: a family of samples at a time. (prom-client is not used: it has no
 * way to observe a value with a count, and the figures are kept elsewhere already.)
 */
export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

export interface HistogramSample {
  readonly labels: Labels
  /** Upper bounds without the last, which is +Inf. */
  readonly bounds: readonly number[]
  /** Per bound how many were at most as large; then of all. */
  readonly cumulative: readonly number[]
  readonly sum: number
}

export class Exposition {
  readonly #lines: string[] = []

  counter(name: string, help: string, samples: readonly Sample[] | number): void {
    this.#simple(name, 'counter', help, samples)
  }

  gauge(name: string, help: string, samples: readonly Sample[] | number): void {
    this.#simple(name, 'gauge', help, samples)
  }

  histogram(name: string, help: string, samples: readonly HistogramSample[]): void {
    this.#head(name, 'histogram', help)
    for (const { labels, bounds, cumulative, sum } of samples) {
      bounds.forEach((bound, at) =>
        this.#sample(`${name}_bucket`, { ...labels, le: number(bound) }, cumulative[at]),
      )
      const all = cumulative[bounds.length]
      this.#sample(`${name}_bucket`, { ...labels, le: '+Inf' }, all)
      this.#sample(`${name}_sum`, labels, sum)
      this.#sample(`${name}_count`, labels, all)
    }
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }

  #simple(name: string, type: string, help: string, samples: readonly Sample[] | number): void {
    this.#head(name, type, help)
    const all = typeof samples === 'number' ? [{ labels: {}, value: samples }] : samples
    for (const { labels, value } of all) this.#sample(name, labels, value)
  }

  #head(name: string, type: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`)
  }

  #sample(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
    this.#lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${number(value)}`)
  }
}

/** One sample per entry of `figures`, labelled with its key. */
export const labelled = (label: string, figures: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(figures).map(([key, value]) => ({ labels: { [label]: key }, value }))

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"')

function number(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}
