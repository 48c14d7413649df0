import { MillraceError } from '../../core/errors.ts'

/** Lines of JSON as rows of CSV (RFC 4180). The first one's fields are the columns; lists and objects are JSON in a cell. */
export class CsvRows {
  #columns: readonly string[] | undefined
  #topic: unknown

  text(lines: readonly string[]): string {
    const rows: string[] = []
    for (const line of lines) {
      if (line === '') continue
      const result = JSON.parse(line) as Record<string, unknown>
      if (!('topic' in result)) continue
      if (this.#columns === undefined) rows.push(this.#begin(result))
      rows.push(this.#row(result))
    }
    return rows.join('')
  }

  #begin({ topic, ...fields }: Record<string, unknown>): string {
    this.#topic = topic
    this.#columns = Object.keys(fields)
    return `${this.#columns.map(cell).join(',')}\r\n`
  }

  #row(result: Record<string, unknown>): string {
    const { topic, ...fields } = result
    const columns = this.#columns ?? []
    const other = Object.keys(fields).find((name) => !columns.includes(name))
    if (topic === this.#topic && other === undefined)
      return `${columns.map((name) => cell(fields[name])).join(',')}\r\n`
    const what =
      topic === this.#topic
        ? `a field ${other} besides ${columns.join(', ')}`
        : `${String(topic)} and ${String(this.#topic)}`
    throw new MillraceError(
      'bad-config',
      `results of one kind have a place in CSV, not ${what}; write NDJSON, or one topic with --topic`,
    )
  }
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
