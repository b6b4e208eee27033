import { InvalidInputError } from '../../errors.ts'
import type { OAuthApp } from '../confluence/oauth.ts'
import type { Core } from '../core.ts'

/** Where Atlassian sends people back to; registered with the app, to the letter. */
export const oauthCallbackPath = '/oauth/atlassian/callback'

/** Throws `InvalidInputError` that names the variable that is missing. */
export function oauthAppOf({ config }: Pick<Core, 'config'>): OAuthApp {
  const {
    ATLASSIAN_CLIENT_ID: clientId,
    ATLASSIAN_CLIENT_SECRET: clientSecret,
    FOOTNOTE_PUBLIC_URL: publicUrl,
  } = config
  if (clientId === undefined || clientSecret === undefined) {
    const missing = clientId === undefined ? 'ATLASSIAN_CLIENT_ID' : 'ATLASSIAN_CLIENT_SECRET'
    throw new InvalidInputError(
      'oauth_not_configured',
      `OAuth is not set up on this server: ${missing} is not set (docs/operations.md says how to make the app). An API token works without.`,
      { field: 'auth' },
    )
  }
  if (publicUrl === undefined)
    throw new InvalidInputError(
      'public_url_missing',
      'FOOTNOTE_PUBLIC_URL is not set, so Atlassian cannot send you back here. Set it to the address of this server.',
      { field: 'auth' },
    )
  return {
    clientId,
    clientSecret,
    authUrl: config.ATLASSIAN_AUTH_URL,
    gatewayUrl: config.ATLASSIAN_API_URL,
    redirectUri: `${publicUrl}${oauthCallbackPath}`,
  }
}
