import type { Registry } from 'azure-iothub/dist/registry.js';
import { versionQueryString } from 'azure-iothub/dist/version.js';
import type { GuardedRestClient } from './rest-client.js';

/**
 * A conditional PUT or DELETE of a device: "Create Or Update Identity" and "Delete Identity" of the REST API, with the ETag that the
 * SDK's methods do not take. The answer of a PUT tells the ETag of this very write, which a bulk operation would not.
 */
export const writeDevice = (
  client: GuardedRestClient,
  method: 'PUT' | 'DELETE',
  device: Registry.DeviceDescription,
  etag: string,
): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const path = `/devices/${encodeURIComponent(device.deviceId)}${versionQueryString()}`;
    const headers = { 'Content-Type': 'application/json; charset=utf-8', 'If-Match': `"${etag}"` };
    const body = method === 'PUT' ? device : undefined;
    client.executeApiCall(method, path, headers, body, (error: Error | null, answer?: unknown) =>
      error ? reject(error) : resolve(answer),
    );
  });
