// No request may reach an address that is forbidden, whatever name leads there.
import { lookup as lookupHost } from 'node:dns/promises'
import { isIP } from 'node:net'
import { InvalidInputError } from '../../errors.ts'
import { findForbiddenHostError } from './address.ts'
import type { HostPolicy } from './forbidden-hosts.ts'

/**
 * Node's fetch takes no lookup function of ours, so the name is resolved before each attempt and every address checked. A
 * name that does not resolve here is left to fetch, which may go through a proxy.
 */
export async function refuseForbiddenAddress(
  host: string,
  settings: { policy: HostPolicy; resolveHost: (host: string) => Promise<string[]> },
  signal: AbortSignal,
): Promise<void> {
  const isAddress = isIP(host.replace(/^\[|\]$/g, '')) > 0
  const addresses = isAddress ? [] : await orAborted(settings.resolveHost(host), signal).catch(() => [])
  signal.throwIfAborted()
  for (const address of [host, ...addresses]) {
    const error = findForbiddenHostError(address, settings.policy)
    if (error === undefined) continue
    if (address === host) throw error
    throw new InvalidInputError(error.code, `${host} leads to a forbidden address: ${error.message}`, { field: 'url' })
  }
}

/** Name resolution cannot be aborted; this stops waiting for it. */
function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>()
  const stop = () => reject(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  return promise
}

/** All addresses of a host name. */
export async function resolveHost(host: string): Promise<string[]> {
  return (await lookupHost(host, { all: true })).map(({ address }) => address)
}
