/** What scaling has to know after a restart, as a file of the data directory: always a whole one, renewed now and then. */
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

const NAME = 'scaling.json'
const VERSION = 1

export class KeptFile<State> {
  readonly #path: string
  readonly #folder: string
  #writing: Promise<void> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
    this.#path = join(folder, NAME)
  }

  /** Undefined: there is none. Throws when it can't be read. */
  async read(): Promise<State | undefined> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return undefined
    const { version, state } = JSON.parse(text) as { version: number; state: State }
    if (version !== VERSION) throw new Error(`${this.#path} is of version ${version}; scaling begins anew`)
    return state
  }

  /** One after the other. */
  write(state: State): Promise<void> {
    const written = this.#writing.then(() => this.#write(JSON.stringify({ version: VERSION, state })))
    this.#writing = written.catch(() => undefined)
    return written
  }

  async #write(text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    await replaceFile(this.#path, text)
  }
}

/** There is always a whole one. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(`${path}.new`, 'w')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}
