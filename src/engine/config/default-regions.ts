/** Cells of one prefix: `cells('4', 'np')` is 4n and 4p. */
const cells = (prefix: string, next: string): string[] => [...next].map((character) => prefix + character)

/**
 * Continents by coarse geohash cells, so that positions mean something before anybody has drawn regions. One
 * character is 45° by 45°, two are 11.25° by 5.625°; where entries overlap the later one wins.
 *
 * It is as honest as such cells can be: Tangier and Rabat land in europe, Russia east of 45° E in asia, Port
 * Sudan in asia, Sanaa in africa, eastern Greenland in europe, New Guinea in oceania, the South Atlantic in
 * americas. Whoever has duties that depend on borders draws their own.
 */
export const defaultRegions = [
  { name: 'antarctica', geohash: ['0', '1', '4', '5', 'h', 'j', 'n', 'p'] },
  { name: 'americas', geohash: ['b', 'c', 'f', '9', 'd', '3', '6', '7', ...cells('4', 'npqrwxyz')] },
  { name: 'oceania', geohash: ['8', '2', 'q', 'r', ...cells('p', 'prxz')] },
  { name: 'asia', geohash: ['v', 'y', 'z', 't', 'w', 'x', ...cells('s', 'guvy'), ...cells('q', 'npqrwxyz')] },
  { name: 'africa', geohash: ['e', 'k', 'm', 't0', 't1', ...cells('s', '0123456789bcdefhjkmnst')] },
  { name: 'europe', geohash: ['g', 'u', 'ez', 'ey', 'eq', ...cells('s', 'pqrwxz')] },
]
