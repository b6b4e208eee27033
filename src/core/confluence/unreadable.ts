import { AccessDeniedError, ConnectionRevokedError, InvalidInputError } from '../../errors.ts'

/**
 * The value, or `unreadable` where this account may not see it. For reads whose absence must close a page, not end a run.
 * A refused credential still rejects, except a scope that the token lacks.
 */
export async function orUnreadable<Value>(work: Promise<Value>): Promise<Value | 'unreadable'> {
  try {
    return await work
  } catch (error) {
    if (isDenial(error)) return 'unreadable'
    throw error
  }
}

/**
 * The same for administrators' endpoints, which refuse ordinary accounts with 401, a web page or a sign-in page (WebSudo):
 * before a refusal counts as the end of the credential, `verify` asks for the account itself.
 */
export async function orUnreadableToOthers<Value>(
  work: Promise<Value>,
  verify: () => Promise<unknown>,
): Promise<Value | 'unreadable'> {
  try {
    return await work
  } catch (error) {
    if (isDenial(error) || error instanceof InvalidInputError) return 'unreadable'
    if (!(error instanceof ConnectionRevokedError)) throw error
    await verify()
    return 'unreadable'
  }
}

function isDenial(error: unknown): boolean {
  return (
    error instanceof AccessDeniedError || (error instanceof ConnectionRevokedError && error.code === 'scope_missing')
  )
}
