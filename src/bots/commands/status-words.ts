// A connection's and a space's status in words, the same on every platform: each fact once, what needs doing with its next
// step. Pure.
import type { ConnectionStatus, SpaceStatus } from './command.ts'

/** `active` · `paused by an admin` · `connection lost`. */
export function describeState({ state, pausedBy }: ConnectionStatus): string {
  if (state === 'active') return 'active'
  return pausedBy === 'credential' ? 'paused, connection lost' : 'paused by an admin'
}

/** `Cloud, each reads what Confluence shows them`. */
export function describeAccess({ access, deployment }: ConnectionStatus): string {
  const readers = access === 'mirrored' ? 'readers as in Confluence (mirrored)' : 'shared with everyone it serves'
  return `${deployment === 'cloud' ? 'Cloud' : 'Data Center'}, ${readers}`
}

/** `Works` · `Auth Failed`, with when it was found out. */
export function describeTest({ test, timezone }: ConnectionStatus): string {
  return test === undefined ? 'never' : `${test.result} (${momentOf(test.testedAt, timezone)})`
}

export function describeCoverage({ covers, leavesOut }: ConnectionStatus): string {
  return [covers, ...leavesOut.map((rule) => `without ${rule}`)].join(', ')
}

export function describeConsent({ consent, timezone }: ConnectionStatus): string | undefined {
  return consent === undefined ? undefined : `by ${consent.by}, ${momentOf(consent.at, timezone)}`
}

export function describeLastSync({ lastSyncedAt, timezone }: ConnectionStatus): string {
  return lastSyncedAt === undefined ? 'none yet' : momentOf(lastSyncedAt, timezone)
}

/** `21 Nov 2026 00:00 UTC (every day at 00:00)` · `none while it is paused` · `by hand only`. */
export function describeNextSync({ state, autoSync, cron, timezone, nextSyncAt }: ConnectionStatus): string {
  if (cron === '') return state === 'paused' ? 'none while it is paused' : 'by hand only'
  const plan = `${describeCron(cron)} ${timezone}`
  if (state === 'paused') return `none while it is paused (then ${autoSync ? plan : 'by hand only'})`
  if (!autoSync) return `by hand only: automatic sync is switched off (else ${plan})`
  return nextSyncAt === undefined ? plan : `${momentOf(nextSyncAt, timezone)} (${describeCron(cron)})`
}

/** The usual schedules in words, the others as they are written. */
function describeCron(cron: string): string {
  const [, minute, hour, weekday] = /^(\d{1,2}) (\d{1,2}|\*) \* \* (\*|[0-7])$/.exec(cron) ?? []
  if (minute === undefined || hour === undefined || weekday === undefined) return `cron ${cron}`
  if (hour === '*') {
    if (weekday !== '*') return `cron ${cron}`
    return minute === '0' ? 'every hour' : `every hour at minute ${minute}`
  }
  const at = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  return weekday === '*' ? `every day at ${at}` : `every ${weekdays[Number(weekday) % 7]} at ${at}`
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** When the credential ends; an OAuth grant has no end while it is used. */
export function describeCredential({ credential, tokenExpires, name }: ConnectionStatus): string {
  const kind = credentialWords[credential]
  if (tokenExpires !== undefined) return `${kind}, ${tokenExpires.text}`
  if (credential === 'oauth' || credential === 'basic') return kind
  return `${kind}, end not known (say it with edit ${name})`
}

const credentialWords: Record<ConnectionStatus['credential'], string> = {
  token: 'API token',
  scoped: 'API token with scopes',
  oauth: 'OAuth',
  pat: 'personal access token',
  basic: 'user name and password',
}

/** What nobody must overlook, with the next step. Why a test failed stands here too. */
export function noticesOf({ name, pausedBy, state, test, tokenExpires }: ConnectionStatus): string[] {
  const reason = test?.remedy === undefined ? [] : [test.remedy]
  const lost =
    pausedBy === 'credential'
      ? [`Connection lost: reconnect it with reconnect ${name}. What is stored is still answered from.`]
      : []
  const asked =
    state === 'paused' && pausedBy === 'admin'
      ? [`Paused by an admin: nothing is synced. Go on with resume ${name}.`]
      : []
  return [...lost, ...reason, ...asked, ...(tokenExpires?.warning === undefined ? [] : [tokenExpires.warning])]
}

/** `4 of 6 pages stored, 1 left out (label draft), 1 failed`. */
export function describeCounts(space: SpaceStatus): string {
  const { stored, listed, excluded, excludedBy, failed } = space
  if (stored === 0 && listed === 0) return space.lastSyncedAt === undefined ? 'not listed yet' : 'no pages'
  const rules = Object.entries(excludedBy).map(([rule, pages]) =>
    Object.keys(excludedBy).length === 1 ? rule : `${amount(pages)} by ${rule}`,
  )
  return [
    `${amount(stored)} of ${amount(listed)} pages stored`,
    ...(excluded > 0 ? [`${amount(excluded)} left out${rules.length === 0 ? '' : ` (${rules.join(', ')})`}`] : []),
    ...(failed > 0 ? [`${amount(failed)} failed`] : []),
  ].join(', ')
}

/** `last sync 20 Nov 2026 10:00 UTC` · `never synced`; and what became of the last attempt when that is another one. */
export function describeLastRun({ lastSyncedAt, lastRun }: SpaceStatus, timezone: string): string {
  const succeeded = lastSyncedAt === undefined ? 'never synced' : `last sync ${momentOf(lastSyncedAt, timezone)}`
  if (lastRun === undefined || lastRun.state === 'succeeded' || lastRun.at === '') return succeeded
  return `${succeeded}, ${lastRun.state} ${momentOf(lastRun.at, timezone)}`
}

/** What a run is at that has no number to show yet; undefined when there is none such. */
export function describeWait({ progress }: SpaceStatus): string | undefined {
  if (progress === undefined) return undefined
  if (progress.isQueued) return 'waits for its turn'
  return progress.listed === 0 ? 'lists its pages' : undefined
}

/** What is wrong with a space: sentences. The failures of single pages stand apart. */
export function problemsOf(space: SpaceStatus): string[] {
  return [...(space.error === undefined ? [] : [space.error]), ...(space.held === 0 ? [] : [describeHeld(space)])]
}

/** The rest of the failures that are not shown one by one. */
export function describeMoreFailures({ failed, failures, key }: SpaceStatus, shown: number): string | undefined {
  const left = Math.max(failed, failures.length) - Math.min(shown, failures.length)
  return left <= 0 ? undefined : `… and ${amount(left)} more that failed: see pages ${key} failed.`
}

export function describeHeld({ held, key }: Pick<SpaceStatus, 'held' | 'key'>): string {
  const [noun, verb, they] = held === 1 ? ['page', 'is', 'it is'] : ['pages', 'are', 'they are']
  return `${amount(held)} ${noun} vanished at once and ${verb} hidden. If ${they} really gone, delete with sync ${key} --delete-vanished; else give the account its rights back and sync again.`
}

/** `3 Nov 2026 10:22 UTC`, in the time zone; what is no instant is shown as it came. */
export function momentOf(value: string, timezone = 'UTC'): string {
  const instant = new Date(value)
  if (Number.isNaN(instant.getTime())) return value
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(instant)
      .map(({ type, value: part }) => [type, part]),
  )
  const month = months[Number(parts.get('month')) - 1] ?? ''
  return `${Number(parts.get('day'))} ${month} ${parts.get('year')} ${parts.get('hour')}:${parts.get('minute')} ${timezone}`
}

// Not the names that Intl gives: those change with its version.
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'numeric',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
}

function amount(value: number): string {
  return value.toLocaleString('en')
}
