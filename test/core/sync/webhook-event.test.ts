import { describe, expect, it } from 'vitest'
import { assert, jsonValue, property } from 'fast-check'
import { parseWebhookEvent } from '../../../src/core/sync/webhook-event.ts'

const nothing = { contentIds: [], isOfTree: false, space: undefined, isOfSite: false, isOfMembers: false }
const at = 1_790_000_000_000

const key = (more: object) => parseWebhookEvent({ timestamp: at, event: 'page_updated', page: { id: 7 }, ...more })?.key
const member = (name: string) => parseWebhookEvent({ timestamp: at, event: 'group_updated', group: { name } })?.key

describe('a webhook', () => {
  it.each([
    ['page_updated', { page: { id: 7 } }, { contentIds: ['7'] }],
    ['page_removed', { page: { id: 7 } }, { contentIds: ['7'] }],
    ['page_trashed', { page: { id: 7 } }, { contentIds: ['7'] }],
    ['page_moved', { page: { id: 7 }, oldParent: { id: 8 } }, { contentIds: ['7'], isOfTree: true }],
    ['page_children_reordered', { page: { id: 7 } }, { contentIds: ['7'], isOfTree: true }],
    ['blog_created', { blog: { id: 7 } }, { contentIds: ['7'] }],
    ['comment_created', { comment: { id: 9 } }, { contentIds: ['9'] }],
    ['comment_removed', { comment: { id: 9 }, page: { id: 7 } }, { contentIds: ['7'] }],
    ['attachment_updated', { attachment: { id: 9 }, page: { id: 7 } }, { contentIds: ['7'] }],
    ['label_added', { label: { name: 'draft' }, page: { id: 7 } }, { contentIds: ['7'] }],
    ['content_permissions_updated', { page: { id: '7' } }, { contentIds: ['7'] }],
    ['space_permissions_updated', { space: { id: 100, key: 'HR' } }, { space: { id: '100', key: 'HR' } }],
    ['space_updated', { space: { key: 'HR' } }, { space: { id: undefined, key: 'HR' } }],
    ['space_created', { space: { id: 100, key: 'HR' } }, { isOfSite: true }],
    ['space_removed', {}, { isOfSite: true }],
    ['group_updated', { group: { name: 'staff' } }, { isOfSite: true, isOfMembers: true }],
    ['user_deactivated', { user: { userKey: 'a' } }, { isOfSite: true, isOfMembers: true }],
  ])('%s of %j asks for %j', (event, subjects, expected) => {
    expect(parseWebhookEvent({ timestamp: at, event, userKey: 'a', ...subjects })).toMatchObject({
      event,
      ...nothing,
      ...expected,
    })
  })

  it.each([
    ['an unknown event', { event: 'theme_enabled', page: { id: 7 } }],
    ['no event', { page: { id: 7 } }],
    ['an event that is no text', { event: ['page_updated'], page: { id: 7 } }],
    ['no page', { event: 'page_updated' }],
    ['a page that is no object', { event: 'page_updated', page: 7 }],
    ['an id that is no number', { event: 'page_updated', page: { id: '7 or 1=1' } }],
    ['an id below nought', { event: 'page_updated', page: { id: -7 } }],
    ['a broken id', { event: 'page_updated', page: { id: 7.5 } }],
    ['an id beyond all numbers', { event: 'page_updated', page: { id: 1e300 } }],
    ['an id of an object', { event: 'page_updated', page: { id: { id: 7 } } }],
    ['the test of the settings page', { test: true }],
  ])('with %s asks for nothing', (_name, body) => {
    expect(parseWebhookEvent(body)).toMatchObject(nothing)
  })

  it.each([[null], [[]], ['page_updated'], [7], [true], [undefined]])('is none: %j', (body) => {
    expect(parseWebhookEvent(body)).toBeUndefined()
  })

  it('is the same when time, event and what it is about are, and else another', () => {
    expect(key({})).toBe(key({ oldParent: { id: 1 } }))
    for (const other of [{ timestamp: at + 1 }, { event: 'page_moved' }, { page: { id: 8 } }])
      expect(key(other)).not.toBe(key({}))
    expect(member('a')).not.toBe(member('b'))
  })

  it('may hold anything', () => {
    assert(
      property(jsonValue(), (body) => {
        for (const id of parseWebhookEvent(body)?.contentIds ?? []) expect(id).toMatch(/^[1-9]\d*$/)
      }),
    )
  })
})
