/**
 * Finds where a text stops being JSON. JSON.parse says that it isn't, but for many texts not where. Keeps its own
 * stack, so that depth costs memory and not the call stack.
 */
export interface JsonFault {
  readonly offset: number
  /** What would have been right there. */
  readonly expected: string
}

type State = 'value' | 'first-item' | 'key' | 'first-key' | 'colon' | 'after-value'

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORD = /true|false|null/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const SPACE = /[ \t\n\r]*/y
/** What a string may hold as it is: anything but quote, backslash and control characters. */
const PLAIN = /[^"\\\u0000-\u001f]+/y

const EXPECTED: Readonly<Record<State, string>> = {
  value: 'a value',
  'first-item': 'a value or ]',
  key: 'a key in double quotes',
  'first-key': 'a key in double quotes or }',
  colon: 'a colon',
  'after-value': 'a comma or the end of what is open',
}

/** Undefined if `text` is JSON. */
export function findJsonFault(text: string): JsonFault | undefined {
  return new Scan(text).run()
}

class Scan {
  readonly #text: string
  readonly #open: ('{' | '[')[] = []
  #at = 0
  #state: State = 'value'

  constructor(text: string) {
    this.#text = text
  }

  run(): JsonFault | undefined {
    for (;;) {
      if (this.#text.charCodeAt(this.#at) <= 0x20) this.#take(SPACE)
      if (this.#state === 'after-value' && this.#open.length === 0) {
        return this.#at === this.#text.length ? undefined : { offset: this.#at, expected: 'the end' }
      }
      const state = this.#state
      const fault = this.#step()
      if (fault !== undefined) return { offset: this.#at, expected: fault === '' ? EXPECTED[state] : fault }
    }
  }

  /** Takes the next token. Returns what was expected if it is wrong: '' for what the state says. */
  #step(): string | undefined {
    const character = this.#text[this.#at]
    switch (this.#state) {
      case 'colon':
        return this.#punctuation(character === ':', 'value')
      case 'first-key':
        if (character === '}') return this.#close()
        return this.#key(character)
      case 'key':
        return this.#key(character)
      case 'first-item':
        if (character === ']') return this.#close()
        return this.#value(character)
      case 'value':
        return this.#value(character)
      case 'after-value':
        return this.#afterValue(character)
    }
  }

  #key(character: string | undefined): string | undefined {
    return character === '"' ? this.#string('colon') : ''
  }

  #value(character: string | undefined): string | undefined {
    if (character === '"') return this.#string('after-value')
    if (character === '{' || character === '[') {
      this.#open.push(character)
      return this.#punctuation(true, character === '{' ? 'first-key' : 'first-item')
    }
    if (!this.#take(NUMBER) && !this.#take(WORD)) return ''
    this.#state = 'after-value'
    return undefined
  }

  #afterValue(character: string | undefined): string | undefined {
    const inObject = this.#open[this.#open.length - 1] === '{'
    if (character === (inObject ? '}' : ']')) return this.#close()
    const fault = this.#punctuation(character === ',', inObject ? 'key' : 'value')
    return fault === undefined ? undefined : `a comma or ${inObject ? '}' : ']'}`
  }

  #close(): undefined {
    this.#open.pop()
    this.#punctuation(true, 'after-value')
  }

  #punctuation(right: boolean, next: State): string | undefined {
    if (!right) return ''
    this.#at++
    this.#state = next
    return undefined
  }

  #string(next: State): string | undefined {
    this.#at++
    while (this.#take(PLAIN) || this.#take(ESCAPE));
    if (this.#text[this.#at] !== '"') return 'the rest of the string, then a double quote'
    return this.#punctuation(true, next)
  }

  /** Moves past what matches here; false if nothing does. */
  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    if (!pattern.test(this.#text)) return false
    this.#at = pattern.lastIndex
    return true
  }
}
