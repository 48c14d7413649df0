/**
 * The process that keeps the registry's database: started with its path, it tells all values, then writes what it is told.
 * LMDB has no checksums for its pages; a damaged one aborts the process or makes it loop. That is this process and not
 * the engine's, which sees a child that has died or fallen silent, puts the file aside and writes a new one.
 *
 * An engine that was killed leaves its keeper behind for a moment. So the database names its keeper, and a keeper that
 * finds another's name there writes nothing.
 */
import { randomUUID } from 'node:crypto'
import { open } from 'lmdb'
import type { FromKeeper, KeeperWrite } from './keeper-messages.ts'
import { SEAL_KEY } from './seal.ts'

const KEEPER_KEY = 'keeper'
const MESSAGE_BYTES = 1 << 20
/** Address space, not memory nor disk: more than any registry needs. */
const MAP_BYTES = 2 ** 36

class Overtaken extends Error {
  override readonly message = 'another process keeps it'
}

const own = Buffer.from(randomUUID())
const tell = (message: FromKeeper): Promise<void> =>
  new Promise((resolve) => process.send?.(message, () => resolve()))

/** Synchronous transactions only: they are durable when they return, and their errors are thrown, not lost. */
const openDatabase = (path: string) =>
  open<Buffer, string>(path, {
    noSubdir: true,
    encoding: 'binary',
    cache: false,
    overlappingSync: false,
    mapSize: MAP_BYTES,
  })

type Database = ReturnType<typeof openDatabase>

async function tellValues(database: Database): Promise<void> {
  let values: [string, Uint8Array][] = []
  let bytes = 0
  for (const { key, value } of database.getRange()) {
    if (key === KEEPER_KEY) continue
    values.push([key, value])
    bytes += value.length
    if (bytes < MESSAGE_BYTES) continue
    await tell({ type: 'values', values })
    values = []
    bytes = 0
  }
  await tell({ type: 'values', values })
}

/** Makes this the database's keeper; throws if it was written to since `seal` was read. */
function claim(database: Database, seal: Buffer | undefined): void {
  database.transactionSync(() => {
    const now = database.get(SEAL_KEY)
    if ((seal ?? own).compare(now ?? own) !== 0) throw new Overtaken()
    database.putSync(KEEPER_KEY, own)
  })
}

function write(database: Database, { puts, removes }: KeeperWrite): void {
  database.transactionSync(() => {
    if (database.get(KEEPER_KEY)?.compare(own) !== 0) throw new Overtaken()
    for (const [key, value] of puts) database.putSync(key, asBuffer(value))
    for (const key of removes) database.removeSync(key)
  })
}

const asBuffer = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.length)

const failure = (error: unknown): FromKeeper => {
  const { message, code } = error as { readonly message: string; readonly code?: unknown }
  return {
    type: 'failed',
    message,
    code: typeof code === 'number' ? code : 0,
    overtaken: error instanceof Overtaken,
  }
}

async function keep(path: string): Promise<void> {
  const database = openDatabase(path)
  const seal = database.get(SEAL_KEY)
  await tellValues(database)
  claim(database, seal)
  process.on('message', (message: KeeperWrite) => {
    try {
      write(database, message)
      void tell({ type: 'written' })
    } catch (error) {
      void tell(failure(error))
    }
  })
  await tell({ type: 'ready' })
}

// a signal for the terminal's whole group, or for the whole unit, is for the engine; when it ends, so does the channel
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit())

try {
  await keep(process.argv[2])
} catch (error) {
  await tell(failure(error))
  process.disconnect()
}
