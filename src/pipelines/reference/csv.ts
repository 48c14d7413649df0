/**
 * Comma-separated values by RFC 4180: fields in double quotes may hold commas, line ends and doubled quotes; lines end in
 * CRLF or LF, the last may do without. Stricter than many readers: a quote inside a bare field and text behind a closing
 * quote are errors, as they are how a half-written file shows.
 */
import { MillraceError } from '../../core/errors.ts'

export interface CsvRecord {
  readonly fields: readonly string[]
  /** Where it begins, from 1 on. */
  readonly line: number
}

const BYTE_ORDER_MARK = '\ufeff'

/** Throws MillraceError `bad-request` that names the line. Blank lines are left out. */
export function readCsv(text: string): CsvRecord[] {
  const reader = new CsvReader(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text)
  const records: CsvRecord[] = []
  while (!reader.isDone) {
    const { line } = reader
    const fields = reader.record()
    if (fields.length > 1 || fields[0] !== '') records.push({ fields, line })
  }
  return records
}

/** The special characters, each looked for with one search from where the last one ended. */
const BARE_END = /[",\r\n]/g

class CsvReader {
  readonly #text: string
  #at = 0
  line = 1

  constructor(text: string) {
    this.#text = text
  }

  get isDone(): boolean {
    return this.#at >= this.#text.length
  }

  record(): string[] {
    const fields = [this.#field()]
    while (this.#text[this.#at] === ',') {
      this.#at++
      fields.push(this.#field())
    }
    this.#endLine()
    return fields
  }

  #field(): string {
    return this.#text[this.#at] === '"' ? this.#quoted() : this.#bare()
  }

  #bare(): string {
    BARE_END.lastIndex = this.#at
    const end = BARE_END.exec(this.#text)?.index ?? this.#text.length
    if (this.#text[end] === '"') throw this.#error('a quote inside a field that does not begin with one')
    const field = this.#text.slice(this.#at, end)
    this.#at = end
    return field
  }

  #quoted(): string {
    const parts: string[] = []
    for (let from = this.#at + 1; ; from = this.#at + 1) {
      const quote = this.#text.indexOf('"', from)
      if (quote < 0) throw this.#error('a quoted field that does not end')
      parts.push(this.#text.slice(from, quote))
      this.#at = quote + 1
      if (this.#text[this.#at] !== '"') break
    }
    const field = parts.join('"')
    this.line += field.split('\n').length - 1
    return field
  }

  #endLine(): void {
    if (this.isDone) return
    if (this.#text.startsWith('\r\n', this.#at)) this.#at += 2
    else if (this.#text[this.#at] === '\n') this.#at++
    else
      throw this.#error(
        `${JSON.stringify(this.#text[this.#at])} where a comma or the end of the line should be`,
      )
    this.line++
  }

  #error(what: string): MillraceError {
    return new MillraceError('bad-request', `line ${this.line}: ${what}`, { line: this.line })
  }
}
