// The page that a browser would show in place of an answer: status 200, HTML.
import { AnswerError } from './front-end.ts'

export const loginHtml =
  '<!DOCTYPE html><html><head><title>Log In - Confluence</title></head><body><form action="/dologin.action" method="post">' +
  '<input name="os_username"><input name="os_password" type="password"></form></body></html>'

const webSudoHtml =
  '<!DOCTYPE html><html><head><title>Administrator Access - Confluence</title></head><body>' +
  '<form action="/doauthenticate.action" method="post"><input name="password" type="password"></form></body></html>'

const headers = { 'content-type': 'text/html;charset=UTF-8' }

export function loginPage(): AnswerError {
  return new AnswerError(200, loginHtml, headers)
}

/** Administrators are asked for their password once more. */
export function webSudoPage(): AnswerError {
  return new AnswerError(200, webSudoHtml, { ...headers, 'x-atlassian-websudo': 'Has-Authentication' })
}
