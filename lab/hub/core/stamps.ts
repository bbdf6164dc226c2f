/** Wall-clock time of a hub; injected by tests. */
export interface HubClock {
  now(): Date;
}

/** The service writes times with seven fractional digits. */
export const sevenDigits = (time: Date): string => time.toISOString().replace('Z', '0000Z');

/** What the service shows for "not yet". */
export const NEVER_IN_IDENTITY = '0001-01-01T00:00:00Z';
export const NEVER_IN_METADATA = '0001-01-01T00:00:00Z';
