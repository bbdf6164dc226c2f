/**
 * Without a slice for so long the processors of a process stop. A slot whose slice has ended may come to instances that have a relay already,
 * one turn after another, before it finds the one whose relay it is: that one must not have stopped by then.
 */
export const GRACE_IN_MS = 120_000;
export const RENEW_EVERY_IN_MS = 5_000;
/** A slot without a relay of its own asks again after so long: its turn may come on another instance, or in place of one that died. */
export const LONGEST_WAIT_IN_MS = 5_000;
/** After a slice that failed. */
export const RETRY_IN_MS = 30_000;
