import type { Command as Program } from 'commander'
import { InvalidInputError } from '../../errors.ts'
import type { Output } from './output.ts'

/** `footnote help [command]`. */
export function runHelpCommand(program: Program, name: string | undefined, output: Output): number {
  if (name === undefined) {
    output.result(program.commands.map(describe), program.helpInformation().trimEnd())
    return 0
  }
  const command = program.commands.find((known) => known.name() === name)
  if (command === undefined)
    throw new InvalidInputError('command_unknown', `There is no command called ${name}. See footnote help.`)
  output.result(describe(command), command.helpInformation().trimEnd())
  return 0
}

function describe(command: Program) {
  return {
    command: command.name(),
    usage: `footnote ${command.name()} ${command.usage()}`,
    description: command.description(),
    options: command.options.map(({ flags, description }) => ({ flags, description })),
  }
}
