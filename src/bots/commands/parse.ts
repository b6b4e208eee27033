import type { Command } from './command.ts'

/** `/confluence …` without the slash word → a command; a bare question is `ask`. Throws `InvalidInputError` with the usage. */
export function parseCommand(_text: string): Command {
  throw new Error('not written yet')
}
