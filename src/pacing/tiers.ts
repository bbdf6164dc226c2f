/** IoT Hub, "Quotas and throttling": Standard tiers. */
export const hubTiers = ['S1', 'S2', 'S3'] as const;
export type HubTier = (typeof hubTiers)[number];

/** What a kind of call is throttled by. */
export type Lane = 'twinRead' | 'twinWrite' | 'identity';

/** Calls per second and messages per UTC day that the service lets a whole hub have. */
export interface HubBudget {
  perSecond: Record<Lane, number>;
  messagesPerDay: number;
}

/** Twins: a floor per hub, and more by units from some number on. Identities: per minute and unit. */
const throttles = {
  S1: { twinRead: [100, 0], twinWrite: [50, 0], identitiesPerMinute: 100, messagesPerDay: 400_000 },
  S2: { twinRead: [100, 10], twinWrite: [50, 5], identitiesPerMinute: 100, messagesPerDay: 6_000_000 },
  S3: { twinRead: [0, 500], twinWrite: [0, 250], identitiesPerMinute: 5000, messagesPerDay: 300_000_000 },
} as const;

export function hubBudget(tier: HubTier, units: number): HubBudget {
  const { twinRead, twinWrite, identitiesPerMinute, messagesPerDay } = throttles[tier];
  const atLeast = ([floor, perUnit]: readonly [number, number]) => Math.max(floor, perUnit * units);
  return {
    perSecond: {
      twinRead: atLeast(twinRead),
      twinWrite: atLeast(twinWrite),
      identity: (identitiesPerMinute * units) / 60,
    },
    messagesPerDay: messagesPerDay * units,
  };
}
