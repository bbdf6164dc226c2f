import type { HubLimits, HubRole, LabOptions, PerHub } from '../../contracts.js';
import { createHubLimits } from './hub-limits.js';

function forHub<T extends string | number>(value: PerHub<T> | undefined, role: HubRole): T | undefined {
  return typeof value === 'object' ? value[role] : value;
}

/** The limits of one of the laboratory's hubs, as its options ask. */
export const limitsOf = (options: LabOptions, role: HubRole): HubLimits =>
  createHubLimits({
    tier: forHub(options.tier, role),
    units: forHub(options.units, role),
    dailyMessages: forHub(options.dailyMessages, role),
    shaping: options.shaping,
    clock: options.limitClock,
  });
