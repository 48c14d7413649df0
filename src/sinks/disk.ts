/**
 * The disk as sinks ask of it: nothing blocks, so that a disk that hangs holds back only the sink that is on it. Failing
 * calls reject with MillraceError `storage-failed`.
 */
export interface SinkDisk {
  /** For reading and writing; made if it is not there. */
  open(path: string): Promise<SinkFile>
  read(path: string): Promise<Uint8Array>
  /** Names in the folder, sorted; none if there is no such folder. */
  list(folder: string): Promise<string[]>
  exists(path: string): Promise<boolean>
  /** With its parents; nothing happens if it is there. */
  makeFolder(path: string): Promise<void>
  /** Replaces `to` if it is there. */
  rename(from: string, to: string): Promise<void>
  /** Nothing happens if it is not there. */
  remove(path: string): Promise<void>
  /** Makes names safe. */
  syncFolder(path: string): Promise<void>
}

export interface SinkFile {
  bytes(): Promise<number>
  /** When it was last written, milliseconds since the epoch. */
  changedMs(): Promise<number>
  /** Writes all of it or rejects; a part may have been written then. */
  write(bytes: Uint8Array, position: number): Promise<void>
  read(position: number, length: number): Promise<Uint8Array>
  truncate(bytes: number): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}
