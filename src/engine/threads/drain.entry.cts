/**
 * What a worker thread loads first: the drain task's module, by `import()`. Piscina tries `require` before it tries
 * `import`, and a thread that is ended while Node 20 or 22 is at a `require` of an ES module takes the whole process
 * with it ("v8::Module::IsGraphAsync must be used on an instantiated module").
 *
 * A module that cannot be loaded ends the thread before its first task, by a rejection that nobody handles; what
 * Piscina waits for then never comes.
 */
interface DrainModule {
  readonly default: unknown
  readonly getReady: unknown
}

const loaded = import('./drain.worker.ts') as Promise<DrainModule>

function whenLoaded(name: keyof DrainModule): Promise<unknown> {
  return new Promise((resolve) => {
    void loaded.then((module) => resolve(module[name]))
  })
}

export = { __esModule: true, default: whenLoaded('default'), getReady: whenLoaded('getReady') }
