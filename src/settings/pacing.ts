import type { HubRole } from '../hub-model.js';
import type { HubTier } from '../pacing/tiers.js';
import type { SettingValues } from './read-values.js';

/** What one hub has. Budgets belong to hubs, not to roles: a hub keeps its own when the direction turns. */
interface HubSize {
  /** `off`: unknown, so that only the hub's own refusals slow us down. */
  tier: HubTier | 'off';
  units: number;
}

/** What of the hubs is the mirror's, while they are the standby. */
export interface PacingSettings {
  hubs: Record<HubRole, HubSize>;
  /** 0 to 1, of a hub's throttles. */
  throttleShare: number;
  /** 0 to 1, of a hub's messages of a UTC day. */
  quotaShare: number;
}

/** The names of older releases mean the secondary hub. What is wrong is added to `problems`. */
export function readPacing(set: SettingValues, problems: string[]): PacingSettings {
  for (const what of ['TIER', 'UNITS'] as const) {
    const [now, before] = [set[`SECONDARY_${what}`], set[`STANDBY_${what}`]];
    if (now !== undefined && before !== undefined && now !== before)
      problems.push(
        `STANDBY_${what}: is the older name of SECONDARY_${what}, and says something else; set one of them`,
      );
  }
  return {
    hubs: {
      primary: { tier: set.PRIMARY_TIER, units: set.PRIMARY_UNITS },
      secondary: {
        tier: set.SECONDARY_TIER ?? set.STANDBY_TIER ?? 'off',
        units: set.SECONDARY_UNITS ?? set.STANDBY_UNITS ?? 1,
      },
    },
    throttleShare: set.MIRROR_THROTTLE_SHARE,
    quotaShare: set.MIRROR_QUOTA_SHARE,
  };
}
