/**
 * The disk, injected: what the journal and the checkpoint ask of a file system, and nothing more. All calls block; they
 * are made by threads that do nothing else. A failing call throws MillraceError `storage-failed` whose context has the
 * system's code (`ENOSPC`, `EIO`, `EROFS`, …), the call and the path.
 */

/** An open file. Positions and lengths are bytes. */
export interface DiskFile {
  readonly path: string
  /** Writes all parts, one behind the other, from `position` on. They are safe only after `sync`. */
  write(parts: readonly Uint8Array[], position: number): void
  /** Reads into all of `target`; returns the bytes read, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): number
  /** Returns when everything written is on the medium. After a failure nothing written since the last success is. */
  sync(): void
  /** Sets the length; what is added reads as zeros and may take no room on the medium yet. */
  truncate(bytes: number): void
  bytes(): number
  close(): void
}

export type OpenMode = 'read' | 'write' | 'create'

export interface Disk {
  /** `write` = there already, for reading too; `create` = must not be there yet, for reading too. */
  open(path: string, mode: OpenMode): DiskFile
  exists(path: string): boolean
  /** Replaces `to` if it is there. Safe only after `syncFolder`. */
  rename(from: string, to: string): void
  /** Safe only after `syncFolder`. */
  remove(path: string): void
  /** Names in the folder, sorted. */
  list(folder: string): string[]
  /** With its parents; nothing happens if it is there. */
  makeFolder(path: string): void
  /** Makes names safe: files created, renamed or removed in the folder. */
  syncFolder(path: string): void
  /** Bytes that can still be written on the medium of this path. */
  freeBytes(path: string): number
}
