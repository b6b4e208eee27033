// Testing a stored connection, the same in chat and in the terminal.
import { getConnection } from '../../core/connections/get-connection.ts'
import { testStoredConnection } from '../../core/connections/test-stored.ts'
import type { Core } from '../../core/core.ts'
import type { CommandResult } from './command.ts'

type Test = Awaited<ReturnType<typeof testStoredConnection>>

export async function runTest(core: Core, typed: string, signal: AbortSignal): Promise<{ name: string; test: Test }> {
  const connection = await getConnection(core, typed)
  return { name: connection.name, test: await testStoredConnection(core, connection, signal) }
}

export function describeTest(
  name: string,
  { result, cause, remedy }: Test,
): Extract<CommandResult, { kind: 'notice' }> {
  return {
    kind: 'notice',
    tone: result === 'Works' ? 'success' : 'error',
    text: `${name}: ${result}. ${cause}`,
    details: remedy === undefined ? [] : [remedy],
  }
}
