import type { BuiltInEndpoint, HubFailoverOptions } from './contract.js';

export interface HubNamespaces {
  readonly current: BuiltInEndpoint;
  /** To the other region's. */
  move(options: Pick<HubFailoverOptions, 'failbackToOriginal'>): void;
}

/** A namespace for each of a hub's two regions: a region that the hub comes back to has its old one, or gets a new one. */
export const createHubNamespaces = (hubName: string, partitions: number): HubNamespaces => {
  let made = 0;
  const make = (): BuiltInEndpoint => {
    made += 1;
    return {
      hostName: `iothub-ns-${hubName}-${made}.servicebus.windows.net`,
      eventHubName: `iothub-ehub-${hubName}-${made}`,
      partitionIds: Array.from({ length: partitions }, (_, index) => String(index)),
      retentionTimeInDays: 1,
    };
  };
  let here = make();
  let other: BuiltInEndpoint | undefined;
  return {
    get current() {
      return here;
    },
    move: ({ failbackToOriginal }) => {
      const seen = failbackToOriginal ? other : undefined;
      [here, other] = [seen ?? make(), here];
    },
  };
};
