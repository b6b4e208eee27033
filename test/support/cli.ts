// The command line as people run it: a process of its own, with nothing of our environment but what is given.
import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

export type Ended = { status: number | null; stdout: string; stderr: string }
export type Running = {
  child: ChildProcess
  /** Resolves when the process has written this to stderr; rejects when it ends before. */
  untilLogged: (text: string) => Promise<void>
  /** All that it has written to stderr so far. */
  logged: () => string
  ended: Promise<Ended>
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const timeoutMs = 50_000

/** Starts `footnote ARGUMENTS…`. It is killed when it runs for longer than any test needs. */
export function startCli(
  args: string[],
  environment: Record<string, string>,
  { cwd = tmpdir() }: { cwd?: string } = {},
): Running {
  // Not in the checkout, where a developer may have an .env.
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = []
  child.stdout.on('data', (bytes: Buffer) => void (stdout += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString()
    for (const { text, resolve } of waiting) if (stderr.includes(text)) resolve()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => {
      for (const { text, reject: give } of waiting) give(new Error(`It ended before it said "${text}": ${stderr}`))
      resolve({ status, stdout, stderr })
    })
  })
  return {
    child,
    untilLogged: (text) =>
      new Promise((resolve, reject) => {
        if (stderr.includes(text)) resolve()
        else waiting.push({ text, resolve, reject })
      }),
    logged: () => stderr,
    ended,
  }
}

/** Runs a command to its end. */
export function runCli(
  args: string[],
  environment: Record<string, string>,
  options: { cwd?: string } = {},
): Promise<Ended> {
  return startCli(args, environment, options).ended
}

// oxlint-disable-next-line typescript/no-explicit-any -- what a command prints is read field by field
type Json = any

export type Parsed = { status: number | null; value: Json; stderr: string }

/** What a command printed with --json: exactly one value. */
export function parseJson({ status, stdout, stderr }: Ended): Parsed {
  try {
    return { status, value: JSON.parse(stdout) as Json, stderr }
  } catch {
    throw new Error(`not one JSON value: ${stdout}\n${stderr}`)
  }
}
