import { expect } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { loadSettings } from '../../../src/settings.js';

const hub = (name: string) => `HostName=${name}.azure-devices.net;SharedAccessKeyName=app;SharedAccessKey=c2VjcmV0`;

/** The least that the app starts with. */
export const least = {
  PRIMARY_HUB: hub('p'),
  SECONDARY_HUB: hub('s'),
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
};

export const resourceId = (name: string) =>
  `/subscriptions/1f/resourceGroups/group/providers/Microsoft.Devices/IotHubs/${name}`;

export const builtIn = (endpoint: string) =>
  `Endpoint=sb://${endpoint}.servicebus.windows.net/;SharedAccessKeyName=service;SharedAccessKey=c2VjcmV0LWtleQ==;EntityPath=${endpoint}-hub`;

/** The one error that `env` on top of the least ends in. */
export const problemOf = (env: Record<string, string>): AppError => {
  try {
    loadSettings({ ...least, ...env });
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  return expect.fail('the settings were accepted');
};
