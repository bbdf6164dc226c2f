import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';

/**
 * The credential of an identity-based connection, with the meaning that Functions gives to `__credential` and `__clientId`:
 * `managedidentity` is the app's own identity, or the user-assigned one with that client id; without it, whatever
 * DefaultAzureCredential finds (a developer's sign-in, environment, workload identity).
 */
export const createCredential = (options: { credential?: string; clientId?: string }): TokenCredential => {
  const { credential, clientId } = options;
  if (credential?.toLowerCase() === 'managedidentity') {
    return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
  }
  return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
};
