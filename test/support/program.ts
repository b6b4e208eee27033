// The command line in this process, as program.ts builds it, over a core of the test's own.
import { createProgram } from '../../src/bots/terminal/app.ts'
import { reportFailure } from '../../src/bots/terminal/output.ts'
import type { OpenCore } from '../../src/core/open-core.ts'

export type Printed = { status: number; stdout: string; stderr: string }

/** Runs one command to its end. `secrets` stand for the environment; `isTerminal` is what stderr says of itself. */
export async function runInProcess(
  open: OpenCore,
  args: string[],
  { secrets = {}, isTerminal = false }: { secrets?: Record<string, string>; isTerminal?: boolean } = {},
): Promise<Printed> {
  let status = 0
  const program = createProgram(
    {
      withCore: (work) => work(open, unused),
      serve: unused,
      demo: unused,
      secretOf: (variable) => secrets[variable],
      signal: AbortSignal.timeout(20_000),
    },
    (ended) => void (status = ended),
  )
  const printed = await readScreen(async () => {
    try {
      await program.parseAsync(args, { from: 'user' })
    } catch (error) {
      status = reportFailure(error, args.includes('--json'))
    }
  }, isTerminal)
  return { status, ...printed }
}

async function unused(): Promise<never> {
  throw new Error('not in this test')
}

/** What `work` writes to stdout and stderr. */
export async function readScreen(
  work: () => Promise<unknown>,
  isTerminal = false,
): Promise<{ stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' }
  const wasTerminal = process.stderr.isTTY
  process.stderr.isTTY = isTerminal
  const releases = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name]
    const write = stream.write.bind(stream)
    stream.write = (text: string | Uint8Array) => {
      written[name] += text.toString()
      return true
    }
    return () => void (stream.write = write)
  })
  try {
    await work()
  } finally {
    process.stderr.isTTY = wasTerminal
    for (const release of releases) release()
  }
  return written
}
