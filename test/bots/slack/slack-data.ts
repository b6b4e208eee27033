// Slack's own schemas and recorded payloads, which are not part of the project: read where they are at hand.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../../shared/data/slack/', import.meta.url))
const skipped = new Set<string>()

/** Undefined, with one line that says so, when the file is not at hand. */
export function readSlackData(name: string): unknown {
  if (existsSync(folder + name)) return JSON.parse(readFileSync(folder + name, 'utf8')) as unknown
  if (!skipped.has(name)) console.warn(`Skipped: ${name} is not at hand.`)
  skipped.add(name)
  return undefined
}
