/** CRC-32C of bytes, going on from that of what lies before them. */
export type Checksum = (bytes: Uint8Array, crc?: number) => number
