/** Runs before each test file. */
import { afterAll, afterEach } from 'vitest'
import { fileEnded, testEnded } from './endings.ts'
import { collectOldMemories } from './old-memories.ts'

afterEach(testEnded)
afterAll(async () => {
  await fileEnded()
  collectOldMemories()
})
