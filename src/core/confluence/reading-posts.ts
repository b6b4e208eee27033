// The POST requests that only read. Everything else that has a body could write, and Footnote only reads.

const readingPosts = [
  /^\/api\/v2\/users-bulk$/,
  /^\/api\/v2\/content\/convert-ids-to-types$/,
  /^\/rest\/api\/content\/\d+\/permission\/check$/,
]

/** Throws for a POST that is not known to read: a bug of ours, before anything is sent. `path` is below the site's base URL. */
export function requireReading(path: string, body: unknown): void {
  if (body === undefined || readingPosts.some((pattern) => pattern.test(path))) return
  throw new Error(`Footnote only reads: POST ${path} is not on the list of requests that do.`)
}
