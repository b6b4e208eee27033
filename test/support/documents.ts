// The documents that people read, for the tests that hold them to the code.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export type PublishedDocument = { name: string; text: string }

const root = join(import.meta.dirname, '../..')

/** All markdown at the top and under docs/. */
export function readDocuments(): PublishedDocument[] {
  return [...readdirSync(root), ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(inDocs)]
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }))
}

/** A line of shell in a document. */
export type CommandLine = {
  line: string
  /** In a fenced block a line is complete; in a sentence it may be the bare name of a command. */
  isComplete: boolean
}

/** The lines of its fenced blocks, continued lines joined and comments cut, and what stands in `backticks`. */
export function listCommandLines(text: string): CommandLine[] {
  const fence = /^ *```[^\n]*\n([\s\S]*?)^ *```/gm
  const blocks = [...text.matchAll(fence)].map(([, block]) => block ?? '')
  const fenced = blocks.flatMap((block) => block.replace(/\s*\\\n\s*/g, ' ').split('\n'))
  const spans = [...text.replace(fence, '').matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? '')
  return [
    ...splitCommands(fenced).map((line) => ({ line, isComplete: true })),
    ...splitCommands(spans).map((line) => ({ line, isComplete: false })),
  ]
}

function splitCommands(lines: string[]): string[] {
  return lines
    .flatMap((line) => line.replace(/(^|\s)#\s.*/, '').split(/\s(?:&&|\||;|[12]?>)(?:\s|$)/))
    .map((line) => line.replace(/^\s*\$\s/, '').trim())
    .filter((line) => line !== '')
}

function inDocs(name: string): string {
  return `docs/${name}`
}
