import type { Core } from '../../core/core.ts'
import type { Asker } from '../question.ts'
import type { Command, CommandResult } from './command.ts'

/** Runs one command as `asker`. Refusals and wrong input are results (`notice`), not errors; a bug rejects. */
export async function runCommand(
  _core: Core,
  _command: Command,
  _asker: Asker,
  _signal: AbortSignal,
): Promise<CommandResult> {
  throw new Error('not written yet')
}
