/** What goes between the responder's thread and its owner. */
import type { L2Announcement } from '../announcement.ts'
import type { L2Event, L2Settings, L2Stats } from './responder-model.ts'

export type ResponderCommand =
  | { readonly kind: 'announce'; readonly wished: readonly L2Announcement[]; readonly takenOver: readonly string[] }
  | { readonly kind: 'defend'; readonly addresses: readonly string[] }
  | { readonly kind: 'insist'; readonly address: string }
  | { readonly kind: 'configure'; readonly settings: L2Settings }
  | { readonly kind: 'stats'; readonly id: number }
  | { readonly kind: 'close' }

export type ResponderMessage =
  /** In order. Thousands of addresses that are taken over at once are a few messages. */
  | { readonly kind: 'events'; readonly events: readonly L2Event[] }
  /** The eventfd that wakes the thread; the owner closes it, so that it never writes to another. */
  | { readonly kind: 'wake'; readonly fd: number }
  | { readonly kind: 'stats'; readonly id: number; readonly stats: L2Stats }
