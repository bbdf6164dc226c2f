/** What was used of one day's messages. */
export interface DailyUse {
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly used: number;
}

const DAY_IN_MS = 86_400_000;
const METER_IN_BYTES = 4096;

/** "Azure IoT Hub pricing": operations are charged in steps of 4 KB. */
export const messagesFor = (bytes: number): number => Math.max(1, Math.ceil(bytes / METER_IN_BYTES));

/** The counter as of now: it starts again at midnight UTC. */
export function useOfToday(use: DailyUse, now: Date): DailyUse {
  const day = Math.floor(now.getTime() / DAY_IN_MS);
  return day === use.day ? use : { day, used: 0 };
}

/** The operation that goes beyond the quota still passes: its size is known when it is done. */
export const isUsedUp = (use: DailyUse, limit: number | undefined): boolean => limit !== undefined && use.used >= limit;
