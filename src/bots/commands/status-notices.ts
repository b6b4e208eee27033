// What a status must not let anybody overlook, as sentences with the next step. Pure.
import type { ConnectionStatus, SpaceStatus } from './command.ts'

export function noticesOf({ name, pausedBy, tokenExpires }: ConnectionStatus): string[] {
  const lost =
    pausedBy === 'credential'
      ? [`Connection lost: reconnect it with reconnect ${name}. What is stored is still answered from.`]
      : []
  const asked = pausedBy === 'admin' ? [`Paused by an admin: go on with resume ${name}.`] : []
  return [...lost, ...asked, ...(tokenExpires?.warning === undefined ? [] : [tokenExpires.warning])]
}

export function describeHeld({ held, key }: Pick<SpaceStatus, 'held' | 'key'>): string {
  return `${held} pages vanished at once and are hidden. If they are really gone, delete them with sync ${key} --delete-vanished; else give the account its rights back and sync again.`
}
