// Testing a stored connection, the same in chat and in the terminal.
import { getConnection } from '../../core/connections/get-connection.ts'
import { type StoredTest, testStoredConnection } from '../../core/connections/test-stored.ts'
import type { Core } from '../../core/core.ts'
import type { CommandResult } from './command.ts'

export async function runTest(
  core: Core,
  typed: string,
  actor: string,
  signal: AbortSignal,
): Promise<{ name: string; test: StoredTest }> {
  const connection = await getConnection(core, typed)
  return { name: connection.name, test: await testStoredConnection(core, connection, signal, actor) }
}

export function describeTest(name: string, test: StoredTest): Extract<CommandResult, { kind: 'notice' }> {
  const { result, cause, remedy } = test
  return {
    kind: 'notice',
    tone: result === 'Works' ? 'success' : 'error',
    text: `${name}: ${result}. ${cause}`,
    details: [...(remedy === undefined ? [] : [remedy]), ...describeConsequence(name, test)],
  }
}

/** What the test changed: it pauses a connection whose credential is refused, and makes it go on when it works again. */
function describeConsequence(name: string, { isPaused, goesOn }: StoredTest): string[] {
  if (isPaused === true)
    return [
      `It is paused until it works again or gets a new credential with reconnect ${name}; what is stored is still answered from.`,
    ]
  if (goesOn === undefined) return []
  if ('refusal' in goesOn) return [`It is active again, but could not be synced: ${goesOn.refusal}`]
  const spaces = goesOn.runs.length === 1 ? 'one space' : `${goesOn.runs.length} spaces`
  return [`It was paused and goes on where it stood: the sync of ${spaces} is queued.`, ...goesOn.missing]
}
