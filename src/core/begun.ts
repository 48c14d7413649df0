/** What has been begun, so that it can be ended when something that follows fails: the last begun is the first ended. */
export class Begun {
  readonly #ends: (() => unknown)[] = []

  /** Returns `thing`, which `end` ends. */
  add<Thing>(thing: Thing, end: (thing: Thing) => unknown): Thing {
    this.#ends.push(() => end(thing))
    return thing
  }

  /** Ends all of it. What one of them says to that is not heard: something worse has happened before. */
  async endAll(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await Promise.resolve().then(end).catch(NOTHING)
  }
}

const NOTHING = (): void => undefined
