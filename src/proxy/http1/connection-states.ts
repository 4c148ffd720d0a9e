/** What a client connection is at, what it waits for, and how long where no setting says so. */

/** What we are reading from the client. */
export const HEAD = 0
export const BODY = 1
/** The request is complete, its answer is not. */
export const ANSWER = 2
export const TUNNEL = 3
/** The last answer is on its way out; what comes in is thrown away. */
export const LINGER = 4
export const CLOSED = 5
/** A gate thinks about the request: nothing behind its head is looked at yet. */
export const GATE = 6

/** Why the timer runs. */
export const WAITS_FOR_HEAD = 0
export const WAITS_FOR_BODY = 1
export const WAITS_FOR_END = 2
/** For the next request, for the client to take bytes, for an answer to a client that half-closed. */
export const WAITS_FOR_OTHER = 3

/** For the end of the connection after the last answer. */
export const LINGER_MS = 2000
export const HALF_CLOSE_GRACE_MS = 1000
/** Longest pause of a client that is being sent to. */
export const SEND_TIMEOUT_MS = 60_000
