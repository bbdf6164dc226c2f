import { vi } from 'vitest';
import type { HubFailoverOptions, Lab } from '../../../lab/contracts.js';
import { followArm } from '../../../src/consumer/follow-arm.js';
import { createProcessor } from '../../../src/consumer/processor.js';
import { aLab } from '../a-lab.js';
import { armToken } from './arm-client.js';
import { aRecorder, quickOptions, sorted } from './consumer.js';
import type { consumerRig } from './consumer-rig.js';

type Rig = ReturnType<typeof consumerRig>;

/** Sends numbered messages all the time; what the hub refuses is sent again. */
const aSender = (lab: Lab, devices: number) => {
  const hub = lab.hub('primary');
  let accepted = 0;
  const timer = setInterval(() => {
    for (let burst = 0; burst < 5; burst += 1) {
      const deviceId = `pump-${String((accepted % devices) + 1).padStart(4, '0')}`;
      try {
        hub.acceptTelemetry({ deviceId }, Buffer.from(JSON.stringify({ n: accepted })), {}, {});
        accepted += 1;
      } catch {
        return; // failing over: the same number again
      }
    }
  }, 10);
  return {
    get accepted() {
      return accepted;
    },
    stop: () => clearInterval(timer),
  };
};

/** A processor that follows the lab's own ARM, under its real name. */
const aFollower = async (lab: Lab, rig: Rig) => {
  const { container, checkpointStore, lastSeen } = await rig.stores();
  const policy = lab
    .hub('primary')
    .sharedAccessPolicies()
    .find(({ name }) => name === 'service');
  const seen = aRecorder();
  const processor = createProcessor(
    {
      ...quickOptions,
      silenceLimitInMs: 2000,
      ownershipExpiresInMs: 15_000,
      source: followArm({
        resourceId: lab.arm.resourceId('primary'),
        credential: { getToken: async (scope) => ({ token: await armToken(lab, scope) }) },
        container,
        pollInMs: 100,
        failoverPollInMs: 100,
      }),
      sharedKey: async () => ({ name: 'service', key: policy?.primaryKey ?? '' }),
      handlers: seen,
      checkpointStore,
      lastSeen,
    },
    { tellIntervalInMs: 200, closeLimitInMs: 3000 },
  );
  await processor.start();
  return { processor, seen };
};

const newest = ({ processor }: Awaited<ReturnType<typeof aFollower>>) => processor.state().generations.at(-1);

export interface HubFailoverScene {
  partitions: number;
  options: Partial<HubFailoverOptions>;
  /** Of the messages. Default 8. */
  devices?: number;
  /** Default 0.006: a failover takes 3.3 s. */
  timeScale?: number;
}

/** A hub fails over and back while it is sent to and read. Resolves with the numbers that were accepted, lost by the service, and seen. */
export const readThroughFailovers = async (
  rig: Rig,
  { partitions, options, devices = 8, timeScale = 0.006 }: HubFailoverScene,
): Promise<{ accepted: number; lostWithEndpoint: number; seen: number[] }> => {
  await using lab = await aLab({ builtInPartitions: partitions, hubFailover: { timeScale, ...options } });
  lab.addDevices({ hub: 'primary', count: devices, prefix: 'pump' });
  const follower = await aFollower(lab, rig);
  const sender = aSender(lab, devices);
  // What a reader has not taken when the old endpoint goes is lost by the service: so it has to keep up, also on a busy machine.
  const keepsUp = async (generation: number): Promise<void> => {
    await vi.waitUntil(
      () => {
        const { number, partitions: read, processed } = newest(follower) ?? { number: 0, partitions: [], processed: 0 };
        const unseen = sender.accepted - new Set(follower.seen.numbers()).size;
        return number === generation && read.length === partitions && processed > 100 && unseen < 100;
      },
      { timeout: 60_000 },
    );
  };
  for (const generation of [1, 2]) {
    await keepsUp(generation);
    await lab.failover('primary').start().done;
  }
  await keepsUp(3);
  sender.stop();
  await follower.seen.seesAll(sender.accepted, { timeout: 60_000 });
  await follower.processor.stop();
  const lostWithEndpoint = lab.telemetry('primary').lostWithEndpoint().length;
  return { accepted: sender.accepted, lostWithEndpoint, seen: sorted(follower.seen.numbers()) };
};
