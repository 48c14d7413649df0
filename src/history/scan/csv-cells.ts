/**
 * The cells of a line of CSV (RFC 4180: quoted where they hold commas or quotes, quotes doubled). A line break within
 * quotes is not allowed here: the input is read by several threads, each of which begins at a line. Undefined = a quote
 * that is not closed, or text behind one.
 */
export function csvCells(line: string): string[] | undefined {
  const cells: string[] = []
  for (let at = 0; at <= line.length;) {
    if (line[at] !== '"') {
      const comma = line.indexOf(',', at)
      const end = comma < 0 ? line.length : comma
      cells.push(line.slice(at, end))
      at = end + 1
      continue
    }
    const end = closingQuote(line, at + 1)
    if (end < 0 || (end + 1 < line.length && line[end + 1] !== ',')) return undefined
    cells.push(line.slice(at + 1, end).replaceAll('""', '"'))
    at = end + 2
  }
  return cells
}

function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2))
    if (line[at + 1] !== '"') return at
  return -1
}
