// @ts-check
/** The region of a position, by the text of its geohash in a Map of prefixes: the longest that fits wins. */
const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz'
const CHARACTERS = 3

/** @param {readonly { name: string, geohash: readonly string[] }[]} definitions */
export function regionFinder(definitions) {
  const byPrefix = new Map(
    definitions.flatMap(({ name, geohash }) => geohash.map((prefix) => [prefix, name])),
  )
  /** @param {number} lat @param {number} lon */
  return (lat, lon) => {
    const hash = geohash(lat, lon)
    for (let length = CHARACTERS; length > 0; length--) {
      const region = byPrefix.get(hash.slice(0, length))
      if (region !== undefined) return region
    }
    return 'unassigned'
  }
}

/** @param {number} lat @param {number} lon */
function geohash(lat, lon) {
  const bounds = { west: -180, east: 180, south: -90, north: 90 }
  let text = ''
  for (let isLon = true; text.length < CHARACTERS;) {
    let bits = 0
    for (let i = 0; i < 5; i++, isLon = !isLon) {
      const middle = isLon ? (bounds.west + bounds.east) / 2 : (bounds.south + bounds.north) / 2
      const isUpper = isLon ? lon >= middle : lat >= middle
      bits = (bits << 1) | Number(isUpper)
      if (isLon) bounds[isUpper ? 'west' : 'east'] = middle
      else bounds[isUpper ? 'south' : 'north'] = middle
    }
    text += ALPHABET[bits]
  }
  return text
}
