import type { HubRole, Lab, LabOptions } from '../../../lab/contracts.js';
import { armClient, labCredential } from '../../../lab/arm/arm-client.js';
import { aLab } from '../a-lab.js';

export { armClient };

/** A lab with the SDK's client for it, which asks under the service's real name. */
export const armLab = async (options: LabOptions = {}) => {
  const lab = await aLab(options);
  return { lab, client: armClient(lab) };
};

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
