/** The parts one behind the other, cut into portions of `bytes` (the last one of what is left). */
export function* portionsOf(parts: readonly Uint8Array[], bytes: number): Generator<Uint8Array[]> {
  let portion: Uint8Array[] = []
  let room = bytes
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const piece = part.subarray(at, at + room)
      portion.push(piece)
      at += piece.length
      room -= piece.length
      if (room > 0) continue
      yield portion
      portion = []
      room = bytes
    }
  }
  if (portion.length > 0) yield portion
}
