import { Receiver } from 'rhea-promise';

/**
 * core-amqp 4 puts a link's address into the message of a request that timed out or was aborted. Of a link whose connection has gone,
 * rhea-promise 3 throws instead of telling: out of a timer, which ends the process, and the request never settles, which stops the SDK's
 * balancing for good (Azure/azure-sdk-for-js#20569). An endpoint that goes with a failover is exactly that case. From here on such
 * a link has no address.
 */
export function mendLinkAddress(): void {
  const link: unknown = Object.getPrototypeOf(Receiver.prototype);
  if (typeof link !== 'object' || link === null) return;
  Object.defineProperty(link, 'address', {
    configurable: true,
    get(this: Receiver): string | undefined {
      const source = this.source as Receiver['source'] | undefined;
      return source?.address;
    },
  });
}
