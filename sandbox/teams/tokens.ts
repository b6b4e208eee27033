// Signing keys and tokens of the sandbox: what Microsoft's login and the Bot Framework's key server do.
import { type CryptoKey, type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose'

export type TokenOptions = {
  /** Signed by a key that the key server does not list under this id. */
  isForged?: boolean
  /** Another signing key id. */
  keyId?: string
  issuer?: string
  audience?: string
  serviceUrl?: string
  isExpired?: boolean
}

type Keys = { publicKey: JWK; privateKey: CryptoKey; strangerKey: CryptoKey }

const keyId = 'sandbox-key'
let keys: Promise<Keys> | undefined

/** One pair for the process: the SDK keeps keys by address, and making RSA keys is slow. */
function getKeys(): Promise<Keys> {
  keys ??= (async () => {
    const [own, stranger] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')])
    return { publicKey: await exportJWK(own.publicKey), privateKey: own.privateKey, strangerKey: stranger.privateKey }
  })()
  return keys
}

export async function getKeySet(): Promise<{ keys: Record<string, unknown>[] }> {
  const { publicKey } = await getKeys()
  return { keys: [{ ...publicKey, kid: keyId, use: 'sig', alg: 'RS256', endorsements: ['msteams'] }] }
}

/** The `Authorization` header with which Teams calls a bot. */
export async function signChannelToken(
  claims: { audience: string; serviceUrl: string },
  options: TokenOptions = {},
): Promise<string> {
  const { privateKey, strangerKey } = await getKeys()
  const issuedAt = Math.floor(Date.now() / 1000) - (options.isExpired === true ? 7200 : 0)
  const token = await new SignJWT({ serviceurl: options.serviceUrl ?? claims.serviceUrl })
    .setProtectedHeader({ alg: 'RS256', kid: options.keyId ?? keyId, typ: 'JWT' })
    .setIssuer(options.issuer ?? 'https://api.botframework.com')
    .setAudience(options.audience ?? claims.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 3600)
    .sign(options.isForged === true ? strangerKey : privateKey)
  return `Bearer ${token}`
}
