/** The id in `#` and hexadecimal digits, which stands for a device that nobody has named; undefined if it is none. */
export const idFromHex = (text: string): number | undefined =>
  /^#[0-9a-f]{1,12}$/i.test(text) ? parseInt(text.slice(1), 16) : undefined
