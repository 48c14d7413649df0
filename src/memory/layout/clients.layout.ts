/*
 * Clients: open addressing by the hash of a client's name (`?client=`), for recognising frames that are sent again. An
 * entry is changed by whoever holds its lock: the listeners' threads, or the replay before they run.
 *
 *   entry (96 bytes; a checkpoint keeps the first 64, without the bits that are open)
 *     0  u32 lock           1 = held
 *     4  u32 highest        highest sequence number taken; 0 = none
 *     8  f64 key            the name's 52-bit hash; 0 = free
 *    16  f64 usedMs         when it was last looked up, wall-clock time
 *    24  u32 bits[8]        bit n: highest − n has been taken
 *    64  u32 open[8]        bit n: what became of all of it is not known here yet, or some of it was refused
 */
export const CLIENT_LOCK = 0
export const CLIENT_HIGHEST = 4
export const CLIENT_KEY = 8
export const CLIENT_USED_MS = 16
export const CLIENT_BITS = 24
export const CLIENT_SAVED_BYTES = 64
export const CLIENT_OPEN = 64
export const CLIENT_BYTES = 96
/** Sequence numbers that are remembered, the highest included. */
export const CLIENT_WINDOW = 256
/** Entries looked at for a name; when all are taken the one unused for longest gives way. */
export const CLIENT_PROBES = 16
