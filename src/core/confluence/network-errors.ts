import { TransientError } from '../../errors.ts'

const certificateCodes = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** What fetch threw → `TransientError`: `timeout`, `certificate_untrusted`, `host_unknown` or `unreachable`. */
export function translateNetworkError(error: unknown, host: string, isTimeout: boolean): TransientError {
  const options = { cause: error }
  if (isTimeout) return new TransientError('timeout', `${host} did not answer in time: try again later.`, options)
  const code = systemCode(error)
  if (certificateCodes.has(code)) {
    return new TransientError(
      'certificate_untrusted',
      `The certificate of ${host} is not trusted (${code}): name your company's certificate authority in NODE_EXTRA_CA_CERTS.`,
      options,
    )
  }
  if (code === 'ENOTFOUND') {
    return new TransientError('host_unknown', `There is no host ${host}: check the spelling of the address.`, options)
  }
  return new TransientError(
    'unreachable',
    `${host} cannot be reached: check the address, the network and the firewall.`,
    options,
  )
}

/** fetch wraps the system's error in `cause`; with several addresses that is an AggregateError with a code of its own. */
function systemCode(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('code' in each && typeof each.code === 'string') return each.code
  }
  return ''
}
