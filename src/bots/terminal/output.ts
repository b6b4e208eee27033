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

/** Prints why a command failed and returns the exit status, `statusOfInterrupt` when it was told to stop (Ctrl+C). */
export function reportFailure(error: unknown, json: boolean, statusOfInterrupt?: number): number {
  if (error instanceof CommanderError) return reportUsage(error, json)
  if (statusOfInterrupt !== undefined) return reportInterrupt(error, json, statusOfInterrupt)
  const isExpected = isFootnoteError(error)
  const code = isExpected ? error.code : 'internal'
  const message = isExpected ? error.message : 'Something went wrong inside Footnote; the lines above name the place.'
  if (!isExpected) process.stderr.write(`${JSON.stringify(describeError(error), undefined, 2)}\n`)
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`)
  else process.stderr.write(`${plain(message)}\n`)
  return 1
}

/** What was under way breaks off in many ways, none of which says more than that it was stopped. */
function reportInterrupt(error: unknown, json: boolean, status: number): number {
  const message = isFootnoteError(error) && error.code === 'interrupted' ? error.message : 'Stopped.'
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: 'interrupted', message } })}\n`)
  else process.stderr.write(`${message}\n`)
  return status
}

/** What commander says about options and arguments; help that was asked for is printed already. */
function reportUsage(error: CommanderError, json: boolean): number {
  if (error.exitCode === 0) return 0
  // No command at all: commander has printed the help.
  const isBare = error.code === 'commander.help'
  const message = isBare ? 'No command was given.' : toSentence(error.message.replace(/^error: /, ''))
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: 'usage', message } })}\n`)
  else if (!isBare) process.stderr.write(`${plain(message)} See footnote help.\n`)
  return 1
}

/** Commander's text, a guess on a line of its own, as sentences on one line. */
function toSentence(text: string): string {
  const [said = '', ...guesses] = text.split('\n').map((line) => line.replace(/^\((.*)\)$/, '$1').trim())
  return [/[.?!]$/.test(said) ? said : `${said}.`, ...guesses].join(' ')
}
