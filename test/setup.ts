/** Runs before each test file. */
import { afterAll, afterEach } from 'vitest'
import { fileEnded, testEnded } from './endings.ts'

afterEach(testEnded)
afterAll(fileEnded)
