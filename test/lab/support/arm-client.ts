import { IotHubClient } from '@azure/arm-iothub';
import type { TokenCredential } from '@azure/identity';
import type { HubRole, Lab, LabOptions } from '../../../lab/contracts.js';
import { aLab } from '../a-lab.js';

/** A lab with the SDK's client for it, which asks under the service's real name. */
export const armLab = async (options: LabOptions = {}) => {
  const lab = await aLab(options);
  return { lab, client: armClient(lab) };
};

/**
 * The lab's managed identity. @azure/identity keeps the endpoint and the tokens of the first one for as long as the process lives: a test file
 * with several laboratories asks by this.
 */
const labCredential = ({ description: { identityEnv } }: Lab): TokenCredential => ({
  getToken: async (scopes) => {
    const resource = String(scopes).replace(/\/\.default$/, '');
    const url = `${identityEnv['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`;
    const answer = await fetch(url, { headers: { 'x-identity-header': identityEnv['IDENTITY_HEADER'] ?? '' } });
    const { access_token: token, expires_on: expiresOn } = (await answer.json()) as Record<string, string>;
    return { token: token ?? '', expiresOnTimestamp: Number(expiresOn) * 1000 };
  },
});

export const armClient = (lab: Lab, { maxRetries = 0, credential = labCredential(lab) } = {}): IotHubClient =>
  new IotHubClient(credential, lab.arm.subscriptionId, { retryOptions: { maxRetries } });

export const armNames = (lab: Lab, role: HubRole = 'primary'): [group: string, hub: string] => [
  lab.arm.resourceGroup,
  lab.hub(role).name,
];

/** A bearer token of the lab's managed identity, for requests without the SDK. */
export const armToken = async (lab: Lab, scope = 'https://management.azure.com/.default'): Promise<string> =>
  (await labCredential(lab).getToken(scope))?.token ?? '';

/** What the SDK's errors say of an answer. */
export const armRefusal = async (
  call: Promise<unknown>,
): Promise<{ status: unknown; code: unknown; message: string }> => {
  try {
    await call;
  } catch (error) {
    const { statusCode, code, message } = error as { statusCode: unknown; code: unknown; message: string };
    return { status: statusCode, code, message };
  }
  throw new TypeError('the call was not refused');
};

export const collect = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const each of pages) all.push(each);
  return all;
};
