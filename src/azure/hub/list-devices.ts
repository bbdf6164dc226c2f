import { versionQueryString } from 'azure-iothub/dist/version.js';
import type { GuardedRestClient } from './rest-client.js';

/**
 * "Devices - Get Devices" of the REST API with `top`, which the SDK's `list` does not pass on. It needs no more than the right to read
 * devices, which "Get Device Statistics" is not part of (data action Microsoft.Devices/IotHubs/statistics/read).
 */
export const listDevices = (client: GuardedRestClient, top: number): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const path = `/devices${versionQueryString()}&top=${top}`;
    client.executeApiCall('GET', path, {}, undefined, (error: Error | null, answer?: unknown) =>
      error ? reject(error) : resolve(answer),
    );
  });
