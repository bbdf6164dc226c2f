import { IotHubClient } from '@azure/arm-iothub';
import type { TokenCredential } from '@azure/identity';
import type { Lab } from '../contracts.js';

/**
 * The lab's managed identity. @azure/identity keeps the endpoint and the tokens of the first one for as long as the process lives: whoever
 * has several laboratories asks by this.
 */
export const labCredential = ({ description: { identityEnv } }: Lab): TokenCredential => ({
  getToken: async (scopes) => {
    const resource = String(scopes).replace(/\/\.default$/, '');
    const url = `${identityEnv['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`;
    const answer = await fetch(url, { headers: { 'x-identity-header': identityEnv['IDENTITY_HEADER'] ?? '' } });
    const { access_token: token, expires_on: expiresOn } = (await answer.json()) as Record<string, string>;
    return { token: token ?? '', expiresOnTimestamp: Number(expiresOn) * 1000 };
  },
});

/** The SDK's client for this laboratory's ARM, under the service's real name. */
export const armClient = (lab: Lab, { maxRetries = 0, credential = labCredential(lab) } = {}): IotHubClient =>
  new IotHubClient(credential, lab.arm.subscriptionId, { retryOptions: { maxRetries } });
