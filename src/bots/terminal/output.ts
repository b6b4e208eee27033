// What a command prints: text for people, or with `--json` exactly one JSON value on stdout. Progress goes to stderr.
import { CommanderError } from 'commander'
import { isFootnoteError } from '../../errors.ts'
import { describeError } from '../../log.ts'
import { plain } from './plain.ts'

export type Output = {
  json: boolean
  /** Prints the command's result. */
  result: (value: unknown, text: string) => void
  /** A remark beside the result. */
  remark: (text: string) => void
}

export function createOutput(json: boolean): Output {
  return {
    json,
    result: (value, text) => process.stdout.write(`${json ? JSON.stringify(value, undefined, 2) : text}\n`),
    remark: (text) => void process.stderr.write(`${plain(text)}\n`),
  }
}

/** Prints why a command failed and returns the exit status. */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return reportUsage(error, json)
  const isExpected = isFootnoteError(error)
  const code = isExpected ? error.code : 'internal'
  const message = isExpected ? error.message : 'Something went wrong inside Footnote; the lines above name the place.'
  if (!isExpected) process.stderr.write(`${JSON.stringify(describeError(error), undefined, 2)}\n`)
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`)
  else process.stderr.write(`${plain(message)}\n`)
  return 1
}

/** What commander says about options and arguments; help that was asked for is printed already. */
function reportUsage(error: CommanderError, json: boolean): number {
  if (error.exitCode === 0) return 0
  // No command at all: commander has printed the help.
  const isBare = error.code === 'commander.help'
  const message = isBare ? 'No command was given' : error.message.replace(/^error: /, '')
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: 'usage', message } })}\n`)
  else if (!isBare) process.stderr.write(`${plain(message)}. See footnote help.\n`)
  return 1
}
