import type { ContainerClient } from '@azure/storage-blob';
import { firstArmState, nextArmState, type ArmState } from './arm-generations.js';
import { createArmReader, type ArmCredential } from './arm-reader.js';
import { readArmState, writeArmState } from './arm-state-blob.js';
import type { GenerationSource } from './contract.js';
import { pause } from './pauses.js';

export interface FollowArmOptions {
  /** `/subscriptions/../resourceGroups/../providers/Microsoft.Devices/IotHubs/{name}` */
  resourceId: string;
  /** Needs the role Reader on the hub. */
  credential: ArmCredential;
  /** Where the processes agree on generations; must exist. Blob: `generations/{hub}.json`. */
  container: ContainerClient;
  /** Default `https://management.azure.com`. */
  armEndpoint?: string;
  /** Default 30000. */
  pollInMs?: number;
  /** While a failover is under way. Default 5000. */
  failoverPollInMs?: number;
  /** Of one call. Default 10000. */
  timeoutInMs?: number;
  /** An old generation ends at the latest so long after its failover. Default 30 minutes. */
  drainLimitInMs?: number;
}

const unseenLimitInMs = 20 * 60_000;

/**
 * Follows the hub's resource in Azure Resource Manager, without the app. Each process looks; the blob, written with its ETag, makes them
 * agree. Less than the app: ARM is the only source, nothing is verified or recorded, progress goes nowhere. Throws AppError
 * `invalidSettings` for a bad resource id.
 */
export function followArm(options: FollowArmOptions): GenerationSource {
  const { pollInMs = 30_000, failoverPollInMs = 5000, timeoutInMs = 10_000, drainLimitInMs = 30 * 60_000 } = options;
  const { armEndpoint = 'https://management.azure.com', resourceId, credential } = options;
  const arm = createArmReader({ resourceId, credential, armEndpoint, timeoutInMs });
  const blob = options.container.getBlockBlobClient(`generations/${arm.hub.toLowerCase()}.json`);

  const look = async (onError: (error: unknown) => void): Promise<ArmState | undefined> => {
    const stored = await readArmState(blob, timeoutInMs);
    let reading: Awaited<ReturnType<typeof arm.read>>;
    try {
      reading = await arm.read();
    } catch (error) {
      onError(error);
      return stored?.state;
    }
    const now = new Date();
    const next =
      stored === undefined
        ? firstArmState(arm.hub, reading, now)
        : nextArmState(stored.state, reading, now, { drainLimitInMs, unseenLimitInMs });
    if (next === stored?.state) return next;
    // Another process wrote first: what it found is what counts.
    return (await writeArmState(blob, next, stored, timeoutInMs))
      ? next
      : (await readArmState(blob, timeoutInMs))?.state;
  };

  return {
    follow: async (listener, { signal, onError }) => {
      let last: ArmState | undefined;
      while (!signal.aborted) {
        try {
          const state = await look(onError);
          if (state !== undefined && state.revision > (last?.revision ?? 0)) {
            last = state;
            const { hub, revision, stage, generations } = state;
            listener({ hub, revision, stage, generations });
          }
        } catch (error) {
          onError(error);
        }
        await pause(last === undefined || last.stage === 'steady' ? pollInMs : failoverPollInMs, signal);
      }
    },
  };
}
