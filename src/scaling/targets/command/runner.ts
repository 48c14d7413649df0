/** Programs as targets ask of them. */
export interface CommandCall {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly input: string
  readonly signal: AbortSignal
}

export interface CommandEnd {
  /** null = ended by a signal. */
  readonly exitCode: number | null
  /** The end of what it wrote to either. */
  readonly output: string
  readonly errors: string
}

export interface CommandRunner {
  /** Runs it without a shell; rejects if it could not be started. When `signal` is aborted it is killed. */
  run(call: CommandCall): Promise<CommandEnd>
}
