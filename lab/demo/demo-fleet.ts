import type { IdentityKey, JsonObject, Lab } from '../contracts.js';
import { createFleet, type Fleet, type FleetOptions } from '../fleet/fleet.js';

const telemetryIntervalInMs = 5_000;
const reportIntervalInMs = 20_000;
/** A larger fleet reports more rarely: the standby takes one connection per device that reports. */
const reportIntervalPerIdentityInMs = 400;

/** The devices' own keys, as their makers would have put them in. */
const withKeys = (lab: Lab, identities: readonly IdentityKey[]): FleetOptions['identities'] =>
  identities.map((key) => ({
    ...key,
    primaryKey: lab.hub('primary').getIdentity(key).authentication.symmetricKey.primaryKey ?? '',
  }));

/** Connects the fleet to the primary hub and lets it live: telemetry and reported changes. Rejects with FleetError. */
export const startDemoFleet = async (lab: Lab, identities: readonly IdentityKey[], seed: number): Promise<Fleet> => {
  const fleet = createFleet({
    hostName: lab.hub('primary').hostName,
    identities: withKeys(lab, identities),
    seed,
  });
  try {
    await fleet.connect();
  } catch (error) {
    await fleet.close();
    throw error;
  }
  fleet.start({
    telemetryIntervalInMs,
    reportIntervalInMs: Math.max(reportIntervalInMs, identities.length * reportIntervalPerIdentityInMs),
  });
  return fleet;
};

/** Connects once as one device and reports: what its firmware would do. */
export const reportAsDevice = async (lab: Lab, key: IdentityKey, patch: JsonObject): Promise<void> => {
  const device = createFleet({ hostName: lab.hub('primary').hostName, identities: withKeys(lab, [key]) });
  try {
    await device.connect();
    await device.report(key, patch);
  } finally {
    await device.close();
  }
};
