import type { PolicyName, ServiceRight, SharedAccessPolicy } from '../../contracts.js';

type Policy = Readonly<Omit<SharedAccessPolicy, 'name'>>;
export type Policies = Record<PolicyName, Policy>;

/** The shared access policies that every new hub has ("Control access to IoT Hub by using shared access signatures"). */
export function createPolicies(generateKey: () => string): Policies {
  const policy = (...rights: ServiceRight[]): Policy => ({
    rights,
    primaryKey: generateKey(),
    secondaryKey: generateKey(),
  });
  return {
    iothubowner: policy('RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'),
    service: policy('ServiceConnect'),
    device: policy('DeviceConnect'),
    registryRead: policy('RegistryRead'),
    registryReadWrite: policy('RegistryRead', 'RegistryWrite'),
  };
}

export function findPolicy(policies: Policies, name: string | undefined): Policy | undefined {
  return name !== undefined && Object.hasOwn(policies, name) ? policies[name as PolicyName] : undefined;
}

export const allPolicies = (policies: Policies): SharedAccessPolicy[] =>
  Object.entries(policies).map(([name, policy]) => ({ name: name as PolicyName, ...policy }));
